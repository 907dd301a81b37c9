import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Candle, createMemoryStage, type MergedPart, type StagedRow } from '@candlelake/core';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createSqliteStage } from '../../packages/cli/src/adapters/sqliteStage.ts';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { swapSeries } from '../support/swapSeries.ts';
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

/** Candles as rows of a file, in any order. */
function rowsOf(candles: readonly Candle[]): readonly StagedRow[] {
  return candles.map(({ openTime, open, high, low, close, volume }, index) => {
    return { line: index + 2, openTime, open, high, low, close, volume };
  });
}

/** A stage with the candles as rows. */
function stageOf({ openStage }: Pick<SqliteStore, 'openStage'>, candles: readonly Candle[]) {
  const stage = openStage();
  expect(stage.add(rowsOf(candles))).toBeNull();
  return stage;
}

const TARGET = { series: SERIES, observed: 5 };

describe('merging a file part by part in one transaction', () => {
  // Days without a stored slot are merged in SQL, others row by row; 100 days are more than one part.
  const slots = (days: number) =>
    fc.uniqueArray(fc.integer({ min: 0, max: days * 480 }), { minLength: 1, maxLength: 40 });
  const file = fc.integer({ min: 1, max: 100 }).chain(slots);

  test.prop([slots(5), file, fc.integer({ min: 0, max: 2_000 })], { numRuns: 25 })(
    'leaves the store as one merge of the whole file does',
    async (stored, imported, asOf) => {
      const [whole, staged] = [await openStore(), await openStore()];
      const final = { status: 'final', source: 'history' } as const;
      const before = stored.map((slot) => candle(slot, '2', slot % 2 === 0 ? final : { observed: 3 }));
      const empty = [{ openTime: DAY + 7 * 480 * SLOT, firstRead: 1, lastRead: 2 }];
      const file = imported.map((slot) => {
        // Every fifth is irregular.
        return candle(slot, slot % 3 === 0 ? '2' : '4', slot % 5 === 0 ? { open: '5' } : {});
      });
      for (const { store } of [whole, staged]) {
        await store.merge([{ series: SERIES, candles: before, absences: empty }]);
        await store.advanceAsOf(DAY + asOf * SLOT);
        for (const mark of await store.dirtyDays())
          await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: [] });
      }
      const merged = await whole.store.merge([{ series: SERIES, candles: file }]);
      const parts: MergedPart[] = [];
      await stageOf(staged.store, file).merge(TARGET, async (part) => void parts.push(part));
      for (const { store } of [whole, staged]) store.close();
      expect(contentOf(staged.path)).toEqual(contentOf(whole.path));
      const sum = (count: (part: MergedPart) => number) => parts.reduce((all, part) => all + count(part), 0);
      expect(sum((part) => part.slots)).toBe(merged.length);
      expect(sum((part) => part.changed)).toBe(merged.filter(({ visible }) => visible).length);
      expect(new Set(parts.flatMap((part) => part.irregular))).toEqual(
        new Set(merged.filter(({ after }) => after.candle!.open === '5')),
      );
    },
  );

  it('stores nothing when a later part throws, and the store works on', async () => {
    const { path, store } = await openStore();
    const before = contentOf(path);
    const reason = new Error('stopped');
    let parts = 0;
    const stage = stageOf(
      store,
      [0, 32, 64].map((day) => candle(day * 480)),
    );
    const work = stage.merge(TARGET, async () => {
      parts += 1;
      await new Promise(setImmediate);
      if (parts === 2) throw reason;
    });
    await expect(work).rejects.toBe(reason);
    stage.close();
    expect(contentOf(path)).toEqual(before);
    await store.merge([{ series: SERIES, candles: [candle(1)] }]);
    expect((await store.readDay(SERIES, DAY)).candles).toHaveLength(1);
    store.close();
  });

  it('shows readers nothing of it before its end', async () => {
    const { path, store } = await openStore();
    const before = contentOf(path);
    const seen: unknown[] = [];
    const stage = stageOf(store, [candle(0), candle(32 * 480)]);
    await stage.merge(TARGET, async () => void seen.push(contentOf(path)));
    expect(seen).toEqual([before, before]);
    expect(contentOf(path)).not.toEqual(before);
    store.close();
  });

  it('after another one needs nothing but its end', async () => {
    const { store } = await openStore();
    for (const slot of [1, 2]) {
      const stage = stageOf(store, [candle(slot)]);
      await stage.merge(TARGET, async () => {});
      stage.close();
    }
    expect((await store.readDay(SERIES, DAY)).candles).toHaveLength(2);
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
    expect([...stage.places()].flat().map(({ line }) => line)).toEqual([4, 2, 3, 1]);
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
