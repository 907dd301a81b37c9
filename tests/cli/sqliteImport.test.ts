import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type Candle,
  createMemoryStage,
  type SlotFacts,
  type StagedRow,
  startOfDay,
  swapSeries,
} from '@candlelake/core';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createSqliteStage } from '../../packages/cli/src/adapters/sqliteStage.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { startProgram, temporaryFolder } from './program.ts';

const SERIES = swapSeries('BTC-USDT', '3m');
const DAY = Date.UTC(2025, 7, 2);
const SLOT = 180_000;

function candle(slot: number, close = '1', parts: Partial<Candle> = {}): Candle {
  const values = { open: close, high: close, low: close, close, volume: '1' };
  return {
    openTime: DAY + slot * SLOT,
    ...values,
    status: 'imported',
    source: 'import',
    observed: 5,
    ...parts,
  };
}

async function openStore() {
  const path = join(temporaryFolder(), 'candles.sqlite');
  const store = openSqliteStore(path, { now: () => 7 });
  await store.writeSettings(lakeSettings({}));
  return { path, store };
}

/** What a store holds, without the order in which days were marked. */
function contentOf(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const all = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  const content = {
    series: all('SELECT * FROM series'),
    candles: all('SELECT * FROM candles'),
    revisions: all('SELECT series_id, open_time, at, before, after FROM revisions'),
    days: all('SELECT day FROM dirty_days ORDER BY day'),
  };
  database.close();
  return content;
}

/** Facts by UTC day, ascending, as an import passes them. */
function batchesOf(candles: readonly Candle[]): readonly (readonly SlotFacts[])[] {
  const sorted = candles.toSorted((a, b) => a.openTime - b.openTime);
  const days = Map.groupBy(sorted, ({ openTime }) => startOfDay(openTime));
  return [...days.values()].map((ofDay) => [{ series: SERIES, candles: ofDay }]);
}

describe('merging a file day by day in one transaction', () => {
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 2_400 }), { minLength: 1, maxLength: 40 });

  test.prop([slots, slots, fc.integer({ min: 0, max: 2_000 })], { numRuns: 25 })(
    'leaves the store as one merge of the whole file does',
    async (stored, imported, asOf) => {
      const [whole, daily] = [await openStore(), await openStore()];
      const final = { status: 'final', source: 'history' } as const;
      const before = stored.map((slot) => candle(slot, '2', slot % 2 === 0 ? final : { observed: 3 }));
      const file = imported.map((slot) => candle(slot, slot % 3 === 0 ? '2' : '4'));
      for (const { store } of [whole, daily]) {
        await store.merge([{ series: SERIES, candles: before }]);
        await store.advanceAsOf(DAY + asOf * SLOT);
        for (const mark of await store.dirtyDays())
          await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: [] });
      }
      const merged = await whole.store.merge([{ series: SERIES, candles: file }]);
      const parts: unknown[] = [];
      await daily.store.mergeAll(batchesOf(file), async (slots) => void parts.push(...slots));
      for (const { store } of [whole, daily]) store.close();
      expect(contentOf(daily.path)).toEqual(contentOf(whole.path));
      expect(new Set(parts)).toEqual(new Set(merged));
    },
  );

  it('stores nothing when a later part throws, and the store works on', async () => {
    const { path, store } = await openStore();
    const before = contentOf(path);
    const reason = new Error('stopped');
    let days = 0;
    const work = store.mergeAll(batchesOf([0, 480, 960].map((slot) => candle(slot))), async () => {
      days += 1;
      await new Promise(setImmediate);
      if (days === 2) throw reason;
    });
    await expect(work).rejects.toBe(reason);
    expect(contentOf(path)).toEqual(before);
    await store.merge([{ series: SERIES, candles: [candle(1)] }]);
    expect((await store.readDay(SERIES, DAY)).candles).toHaveLength(1);
    store.close();
  });

  it('shows readers nothing of it before its end', async () => {
    const { path, store } = await openStore();
    const before = contentOf(path);
    const seen: unknown[] = [];
    await store.mergeAll(batchesOf([candle(0), candle(480)]), async () => void seen.push(contentOf(path)));
    expect(seen).toEqual([before, before]);
    expect(contentOf(path)).not.toEqual(before);
    store.close();
  });
});

describe.each([
  ['SQLite', createSqliteStage],
  ['memory', createMemoryStage],
])('a stage in %s', (_, create) => {
  const row = (slot: number, line: number, close = '1'): StagedRow => ({
    ...{ line, openTime: DAY + slot * SLOT },
    ...{ open: '1', high: '1', low: '1', close, volume: '0.5' },
  });

  it('gives the rows of each day in order, whatever the order of the file', () => {
    const stage = create();
    expect(stage.span()).toEqual({ count: 0, first: 0, last: 0 });
    expect(stage.add([row(961, 1), row(3, 2)])).toBeNull();
    expect(stage.add([row(960, 3), row(0, 4), row(3, 5)])).toBeNull();
    expect([...stage.days()]).toEqual([
      [row(0, 4), row(3, 2)],
      [row(960, 3), row(961, 1)],
    ]);
    expect(stage.span()).toEqual({ count: 4, first: DAY, last: DAY + 961 * SLOT });
    stage.close();
  });

  it('finds two different rows of a slot', () => {
    const stage = create();
    stage.add([row(1, 2)]);
    expect(stage.add([row(2, 3), row(1, 4, '2')])).toEqual({
      first: expect.objectContaining({ line: 2, openTime: DAY + SLOT }),
      second: expect.objectContaining({ line: 4, openTime: DAY + SLOT }),
    });
    stage.close();
  });
});

describe('an import that is stopped', () => {
  const file = join(temporaryFolder(), 'candles.csv');
  const count = 150_000;
  const rows = Array.from({ length: count }, (_, slot) => `${DAY - slot * SLOT},10,10,10,10,1`);
  writeFileSync(file, ['open_time_ms,open,high,low,close,volume', ...rows].join('\n'));

  it('by SIGTERM while it reads ends with 1 and stores nothing', async () => {
    const output = temporaryFolder();
    const program = startProgram(['import', file, '--symbol', 'BTC-USDT', '--output', output]);
    await program.line(/reading/);
    program.process.kill('SIGTERM');
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('stopping (SIGTERM)');
    expect(contentOf(join(output, 'candles.sqlite'))).toMatchObject({ series: [], candles: [], days: [] });
  });
});
