import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadDataError, type DecodedTable } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { decodeParquet } from '../../packages/cli/src/adapters/parquetFile.ts';
import { encode } from '../support/encoder.ts';
import { readRows } from '../support/readParquet.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { ROOT } from './program.ts';

const GOLDEN = ['candles', 'bars', 'coverage'] as const;
const golden = (name: string) => new Uint8Array(readFileSync(join(ROOT, `tests/golden/${name}.parquet`)));

function rowsOf({ length, columns }: DecodedTable) {
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]])),
  );
}

describe('the reader of Parquet files', () => {
  it.each(GOLDEN)('reads the golden file of %s as another reader does', async (name) => {
    const table = await decodeParquet(golden(name));
    expect(rowsOf(table)).toEqual(await readRows(golden(name)));
    expect(table.metadata).toMatch(/^\{"schemaVersion":1/);
  });

  it('reads many pages and row groups, nulls and texts, as another reader does', async () => {
    const random = createSeededRandom(3);
    const length = 120_000;
    const texts = (values: readonly (string | null)[]) => ({
      texts: values,
      codes: Uint16Array.from({ length }, () => Math.floor(random() * values.length)),
    });
    const numbers = () => Float64Array.from({ length }, () => random() * 1e6);
    const sparse = () => Float64Array.from({ length }, () => (random() < 0.5 ? Number.NaN : random()));
    const ints = () => Int32Array.from({ length }, (_, i) => i % 69);
    const times = () => Float64Array.from({ length }, (_, i) => Date.UTC(2026, 10, 20) + i * 60_000);
    const bytes = encode({
      name: 'bars',
      length,
      columns: {
        ...{ market: texts(['swap']), symbol: texts(Array.from({ length: 300 }, (_, i) => `S${i}-USDT`)) },
        ...{ bar_index: ints(), open_time: times(), close_time: times() },
        ...{ open: numbers(), high: numbers(), low: numbers(), close: numbers(), volume: numbers() },
        ...{ candle_count: ints(), expected_count: ints(), status: texts(['complete', 'short']) },
        ...{ ma_short: sparse(), ma_long: sparse(), ma_cross: texts([null, 'GOLDEN_CROSS', 'DEATH_CROSS']) },
        ...{ trend: texts([null, 'BULLISH']), tr: sparse(), atr: sparse(), atr_percent: sparse() },
      },
      metadata: { schemaVersion: 1, derivationVersion: 1 },
    });
    const table = await decodeParquet(bytes);
    const expected = await readRows(bytes);
    expect(table.length).toBe(length);
    for (const [name, values] of Object.entries(table.columns)) {
      const wrong = values.findIndex((value, row) => value !== expected[row]![name]);
      expect({ name, count: values.length, wrong }).toEqual({ name, count: length, wrong: -1 });
    }
  });

  it('reads columns without any value', async () => {
    const none = { texts: [null], codes: new Uint16Array(2) };
    const text = { texts: ['a'], codes: new Uint16Array(2) };
    const [double, int] = [Float64Array.of(1, 2), Int32Array.of(3, 4)];
    const nothing = new Float64Array(2).fill(Number.NaN);
    const names = ['open_time', 'close_time', 'open', 'high', 'low', 'close', 'volume'];
    const doubles = Object.fromEntries(names.map((name) => [name, double]));
    const ints = { bar_index: int, candle_count: int, expected_count: int };
    const missing = { ma_short: nothing, ma_long: nothing, tr: nothing, atr: nothing, atr_percent: nothing };
    const texts = { market: text, symbol: text, status: text, ma_cross: none, trend: none };
    const bytes = encode({
      ...{ name: 'bars', length: 2, metadata: { schemaVersion: 1, derivationVersion: 1 } },
      columns: { ...doubles, ...ints, ...missing, ...texts },
    });
    const table = await decodeParquet(bytes);
    expect(rowsOf(table)).toEqual(await readRows(bytes));
    expect(table.columns.trend).toEqual([null, null]);
  });

  it('names the types of the lake, and what another program wrote instead', async () => {
    const { schema } = await decodeParquet(golden('coverage'));
    expect(schema.at(0)).toEqual({ name: 'market', type: 'string', nullable: false });
    expect(schema.at(-1)).toEqual({ name: 'first_missing', type: 'timestamp', nullable: true });
    expect(schema.at(2)).toEqual({ name: 'expected', type: 'int32', nullable: false });
  });

  it.each([
    ['an empty file', new Uint8Array()],
    ['a text', new TextEncoder().encode('open_time,open\n')],
    ['half a file', golden('bars').subarray(0, 2_000)],
  ])('refuses %s', async (_, bytes) => {
    await expect(decodeParquet(bytes)).rejects.toThrow(BadDataError);
    await expect(decodeParquet(bytes)).rejects.toThrow(/^it cannot be read as Parquet: /);
  });

  it('reads or refuses a file with flipped bits, without an end that is late or another error', async () => {
    const random = createSeededRandom(7);
    let refused = 0;
    for (let round = 0; round < 1_500; round++) {
      const bytes = golden(GOLDEN[round % 3]!);
      // Counts and sizes are in the footer and in the page headers.
      for (let flips = 0; flips < 1 + (round % 3); flips++)
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      await decodeParquet(bytes).catch((error) => {
        expect(error, `round ${round}`).toBeInstanceOf(BadDataError);
        refused += 1;
      });
    }
    expect(refused).toBeGreaterThan(300);
  });
});
