import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type CrossoverNotice, INITIAL_INDICATOR_STATE, type LakeSettings } from '@candlelake/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreDamagedError } from '../../packages/cli/src/adapters/sqliteErrors.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { BTC, FRIDAY, makeCandle, SETTINGS } from '../contracts/storeFixture.ts';
import { runs } from './runs.ts';

const STATE = { ...INITIAL_INDICATOR_STATE, closes: [1, 2.5], atr: 0.5, cross: { maShort: 1, maLong: 2 } };
const NOTICE: CrossoverNotice = {
  ...{ id: 'swap#BTC-USDT#21m#2026-11-20T00:21Z#DEATH_CROSS', market: 'swap', symbol: 'BTC-USDT' },
  ...{ timeframe: '21m', kind: 'DEATH_CROSS', openTime: '2026-11-20T00:21Z', status: 'complete' },
  ...{ closeTime: FRIDAY + 42 * 60_000, close: 0.5, maShort: 1, maLong: 2, state: 'crossed', sequence: 1 },
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-json-'));
  path = join(folder, 'candles.sqlite');
  const store = openSqliteStore(path, { now: () => FRIDAY });
  await store.writeSettings(SETTINGS);
  await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
  await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { close: '111', observed: FRIDAY * 2 })] }]);
  for (const asOf of [FRIDAY, FRIDAY + 3_600_000]) await store.advanceAsOf(asOf);
  const [mark] = await store.dirtyDays();
  const checkpoints = [{ series: BTC, timeframeMinutes: 21, state: STATE }];
  const { state: _, sequence: __, ...crossover } = NOTICE;
  const crossovers = [{ crossover, isLive: true }];
  await store.commitDay({ ...mark!, checkpoints, coverage: [], objects: [], crossovers });
  store.close();
});
afterEach(() => rm(folder, { recursive: true }));

/** Replaces a stored text in the file and reads all kinds of JSON of a store again. */
async function readWith(statement: string, text: string) {
  const database = new DatabaseSync(path);
  database.prepare(statement).run(text);
  database.close();
  rmSync(`${path}-wal`, { force: true });
  const store = openSqliteStore(path, { now: () => FRIDAY });
  try {
    const settings = await store.readSettings();
    const state = await store.readCheckpoint(BTC, 21, FRIDAY);
    const [revisions, notices] = [await store.revisions(BTC), await store.recentNotices(9)];
    return { settings, state, revisions, notices };
  } finally {
    store.close();
  }
}

/** A text that is nearly the stored one, or any JSON at all. */
function textsLike(value: object): fc.Arbitrary<string> {
  const text = JSON.stringify(value);
  const keys = Object.keys(value);
  const other = fc.oneof(fc.jsonValue(), fc.constantFrom(null, [], {}, -1, 'x', [null], Number.MAX_VALUE));
  const changed = fc.record({ key: fc.constantFrom(...keys), other });
  const edit = fc.record({
    at: fc.nat({ max: text.length - 1 }),
    character: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
  });
  return fc.oneof(
    changed.map((change) => JSON.stringify({ ...value, [change.key]: change.other })),
    fc.constantFrom(...keys).map((key) => JSON.stringify({ ...value, [key]: undefined })),
    edit.map(({ at, character }) => text.slice(0, at) + character + text.slice(at + 1)),
    fc.nat({ max: text.length - 1 }).map((end) => text.slice(0, end)),
    fc.json(),
  );
}

const KINDS: readonly (readonly [string, string, object])[] = [
  ['settings', 'UPDATE lake SET settings = ?', SETTINGS],
  ['checkpoint', 'UPDATE checkpoints SET state = ?', STATE],
  ['notice', 'UPDATE notices SET notice = ?', NOTICE],
  ['correction', 'UPDATE revisions SET after = ?', makeCandle(FRIDAY)],
];

describe('JSON of a damaged store', () => {
  it.each(KINDS)(
    'as %s is read in its own form, or refused as damage in one line',
    async (_, statement, value) => {
      await fc.assert(
        fc.asyncProperty(textsLike(value), async (text) => {
          try {
            const { settings, state, revisions, notices } = await readWith(statement, text);
            expect(Object.keys(settings as LakeSettings)).toEqual(
              expect.arrayContaining(Object.keys(SETTINGS)),
            );
            expect(state!.closes.every((close) => typeof close === 'number')).toBe(true);
            for (const { after } of revisions) expect(typeof after.close).toBe('string');
            for (const { close } of notices) expect(typeof close).toBe('number');
          } catch (error) {
            expect(error).toBeInstanceOf(StoreDamagedError);
            expect((error as Error).message).not.toContain('\n');
          }
        }),
        runs(40),
      );
    },
  );

  it('that is whole is read as it was written', async () => {
    const { settings, state, revisions, notices } = await readWith(
      'UPDATE lake SET settings = ?',
      JSON.stringify(SETTINGS),
    );
    expect(settings).toEqual(SETTINGS);
    expect(state).toEqual(STATE);
    expect(revisions.map(({ after }) => after.close)).toEqual(['111']);
    expect(notices).toEqual([NOTICE]);
  });
});
