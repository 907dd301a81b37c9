import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { BTC, DAY, FRIDAY, makeCandle, SLOT } from '../contracts/storeFixture.ts';
import { startChild } from './childProcess.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-crash-'));
});
afterEach(() => rm(folder, { recursive: true }));

// The lines after which the writer is killed: early, inside the first day, and in the second one.
test.each([3, 211, 499])(
  'a writer killed after %i candles has lost none that it reported (predecessor fault 39)',
  async (lines) => {
    const path = join(folder, 'candles.sqlite');
    const child = startChild('mergeForever.ts', [path]);
    const reported: number[] = [];
    for await (const line of child.lines) {
      if (reported.push(Number(line)) === lines) child.process.kill('SIGKILL');
    }
    expect(await child.ended).toBeNull();
    expect(reported.length).toBeGreaterThanOrEqual(lines);

    const store = openSqliteStore(path, { now: Date.now });
    const last = reported.at(-1)!;
    const stored = [];
    for (let day = FRIDAY; day <= last + DAY; day += DAY)
      stored.push(...(await store.readDay(BTC, day)).candles);
    expect(stored.slice(0, reported.length)).toEqual(reported.map((openTime) => makeCandle(openTime)));
    expect(stored.length - reported.length).toBeLessThanOrEqual(1);
    expect(await store.readAsOf()).toBeGreaterThanOrEqual(last + SLOT);
    expect((await store.dirtyDays()).map(({ day }) => day)).toContain(Math.floor(last / DAY) * DAY);
    store.close();

    const database = new DatabaseSync(path);
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  },
);
