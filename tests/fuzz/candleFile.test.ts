import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ConfigError, createMemoryStore, createMemoryStoreStage, importCandles } from '@candlelake/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCandleFile } from '../../packages/cli/src/files/candleFile.ts';
import { makeZip } from '../support/makeZip.ts';
import { swapSeries } from '../support/swapSeries.ts';
import { runs } from './runs.ts';

const NOW = Date.UTC(2026, 10, 22);
const SERIES = swapSeries('BTC-USDT', '3m');
const HEADER = 'open_time_ms,open,high,low,close,volume';
const { signal } = new AbortController();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-csv-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Imports a file of these bytes. Returns what is stored then, and the refusal if there was one. */
async function importBytes(bytes: string | Uint8Array) {
  const path = join(folder, 'candles.csv');
  await writeFile(path, bytes, typeof bytes === 'string' ? 'utf8' : undefined);
  const store = createMemoryStore({ now: () => NOW });
  const ports = {
    stage: createMemoryStoreStage(store),
    derivation: store,
    yieldToHost: async () => {},
  };
  const work = async () => {
    const rows = await openCandleFile(path);
    await importCandles(ports, { series: SERIES, rows, now: NOW, name: path }, signal);
  };
  const refusal = await work().then(
    () => null,
    (error: unknown) => error,
  );
  return { refusal, series: await store.listSeries() };
}

describe('a CSV file of any content', () => {
  const cell = fc.oneof(
    fc.constantFrom('1', '2.5', '0', '-1', 'NaN', '1e5', '"', '""', '"a', 'a"b', '=1+1', '1764086400000', ''),
    fc.integer({ min: 0, max: 500 }).map((slot) => String(NOW - (slot + 1) * 180_000)),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const row = fc.array(cell, { minLength: 0, maxLength: 8 }).map((cells) => cells.join(','));
  const end = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\0');
  const header = fc.constantFrom(
    HEADER,
    `\uFEFF${HEADER}`,
    `${HEADER},open`,
    'open,close',
    '',
    HEADER.toUpperCase(),
  );
  const table = fc
    .tuple(header, end, fc.array(row, { maxLength: 6 }))
    .map(([top, mark, rows]) => [top, ...rows].join(mark));
  const noise = fc
    .uint8Array({ maxLength: 300 })
    .map((bytes) => Buffer.concat([Buffer.from(`${HEADER}\n`), bytes]));

  const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
  /** A table in gzip or zip, whole, cut, or with a few wrong bytes. */
  const packed = fc
    .record({ text: table, isZip: fc.boolean(), end: fc.nat(), edits: fc.array(edit, { maxLength: 3 }) })
    .map(({ text, isZip, end, edits }) => {
      const bytes = isZip ? makeZip({ 'candles.csv': text }) : gzipSync(text);
      for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
      return end % 2 === 0 ? bytes : bytes.subarray(0, end % bytes.length);
    });

  it('is imported, or refused in one line, and then nothing of it is stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(table, noise, packed, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
        const { refusal, series } = await importBytes(bytes);
        if (refusal === null) return;
        expect(refusal).toBeInstanceOf(ConfigError);
        expect((refusal as Error).message).not.toMatch(/[\n\r]/);
        expect(series).toEqual([]);
      }),
      runs(400),
    );
  });

  it.each([
    ['a quote that never ends', `${HEADER}\n"${'x'.repeat(5_000_000)}`],
    ['a line without end', `${HEADER}\n${'1,'.repeat(2_000_000)}`],
    ['a header without end', 'open,'.repeat(1_000_000)],
  ])('with %s is refused after 64 thousand characters', async (_, text) => {
    const { refusal, series } = await importBytes(text);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as Error).message.length).toBeLessThan(2_000);
    expect(series).toEqual([]);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(64 * 2 ** 20, 'x'))],
    ['zip', makeZip({ 'candles.csv': 'x'.repeat(64 * 2 ** 20) })],
  ])('that is a %s bomb is refused after 64 thousand characters of it', async (_, bytes) => {
    expect(bytes.length).toBeLessThan(100_000);
    const before = process.memoryUsage().arrayBuffers;
    const { refusal } = await importBytes(bytes);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });
});
