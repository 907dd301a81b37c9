import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { DerivedBars, ReportedEvent } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COARSE, createTestLake, DAY, DAY_ONE, deriveOnce } from '../support/lake.ts';
import {
  AS_OF,
  createLakeFolder,
  expectedLake,
  FACTS,
  type LakeFolder,
  patience,
  until,
} from './lakeFolder.ts';

let folder: LakeFolder;

beforeEach(async () => {
  folder = await createLakeFolder();
});
afterEach(() => folder.remove());

const SECOND = 1_000;

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[100]! ^= 1;
  await writeFile(file, bytes);
}

async function swap(one: string, other: string): Promise<void> {
  const aside = join(folder.path, 'aside.parquet');
  await rename(one, aside);
  await rename(other, one);
  await rename(aside, other);
}

describe('the lake worker', () => {
  test('writes below the given folder what a derivation in memory gives, byte for byte (predecessor fault 42)', async () => {
    const thread = folder.start();
    await folder.store.merge(FACTS);
    await thread.flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake());
    expect(await folder.store.dirtyDays()).toEqual([]);
    expect(thread.status()).toMatchObject({ dirtyDays: 0, lastAsOf: AS_OF, lastError: null });
  });

  test('after a change of the periods gives the bytes of a new lake, and records what they were encoded from', async () => {
    const thread = folder.start();
    await folder.store.merge(FACTS);
    await thread.flush(patience());
    const settings = { ...COARSE, periods: { maShort: 3, maLong: 4, atr: 2 } };
    await folder.store.writeSettings(settings);
    await thread.flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake(settings));
    const days = await folder.store.readObjects(DAY_ONE, DAY_ONE + 3 * DAY);
    expect(days).toHaveLength(3);
    for (const { day, objects } of days) {
      const encodings = await folder.store.readEncodings!(day);
      expect(encodings.map(({ path, version }) => ({ path, version }))).toEqual(objects);
    }
  });

  test('that only flushes derives in a flush, and ends without one', async () => {
    const idle = folder.start({ onlyFlushes: true });
    await folder.store.merge(FACTS);
    await idle.stop();
    expect(await folder.store.dirtyDays()).not.toEqual([]);
    expect(existsSync(folder.lakeRoot)).toBe(false);
    const thread = folder.start({ onlyFlushes: true });
    await thread.flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake());
  });

  test('derives after a request without being flushed, by the clock of the process', async () => {
    // A second of gathering is a millisecond at this speed.
    const thread = folder.start({ clock: { real: Date.now(), simulated: AS_OF, speed: 1_000 } });
    await folder.store.merge(FACTS);
    thread.request();
    await until(async () => thread.status().lastDerivedAt !== null);
    expect(await folder.store.dirtyDays()).toEqual([]);
    expect(thread.status().lastDerivedAt).toBeGreaterThan(AS_OF + SECOND);
    expect(thread.status().lastDerivedAt).toBeLessThan(AS_OF + DAY);
  });

  test('counts what waits by the monotonic clock of the main thread', async () => {
    const since: number[] = [];
    const startedAt = performance.now();
    folder.start({ onStatus: ({ oldestDirtySince }) => since.push(oldestDirtySince ?? Number.NaN) });
    await until(async () => since.length > 0);
    expect(since[0]).toBeGreaterThan(startedAt);
    expect(since[0]).toBeLessThan(performance.now());
  });

  test('sends the bars of the requested days, equal to those derived in memory', async () => {
    const heard: DerivedBars[] = [];
    const thread = folder.start({ barsFrom: DAY_ONE + DAY, onBars: (bars) => heard.push(...bars) });
    await folder.store.merge(FACTS);
    await thread.flush(patience());
    const lake = await createTestLake(COARSE, AS_OF);
    await lake.store.merge(FACTS);
    const expected: DerivedBars[] = [];
    await deriveOnce(lake.ports, patience(), ({ bars }) => expected.push(...bars));
    expect(heard).toEqual(expected.filter(({ day }) => day >= DAY_ONE + DAY));
  });

  test('removes the half-written files of a killed writer before it derives', async () => {
    const beside = join(folder.path, 'parquet', 'bars', 'timeframe=240m', 'date=2026-11-20');
    await mkdir(beside, { recursive: true });
    await writeFile(join(beside, '.bars.parquet.99-0-1.tmp'), 'half');
    await folder.store.merge(FACTS);
    await folder.start().flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake());
  });

  test('takes turns with a second one on the same lake', async () => {
    const both = [folder.start(), folder.start()] as const;
    for (const fact of FACTS) {
      await folder.store.merge([fact]);
      await Promise.all(both.map((thread) => thread.flush(patience())));
    }
    expect(await folder.readLake()).toEqual(await expectedLake());
    expect(await folder.store.dirtyDays()).toEqual([]);
  });
});

describe('an object of a settled day', () => {
  const DAMAGED = 'candles/interval=2h/date=2026-11-20/candles.parquet';

  test.each([
    {
      damage: 'has a flipped byte',
      act: flipByte,
    },
    { damage: 'is cut short', act: async (file: string) => truncate(file, 200) },
    { damage: 'is empty', act: async (file: string) => truncate(file, 0) },
    { damage: 'is gone', act: async (file: string) => rm(file) },
  ])('that $damage is written again at the next start, and a line says so', async ({ act }) => {
    await folder.store.merge(FACTS);
    const first = folder.start();
    await first.flush(patience());
    await first.stop();
    await act(join(folder.lakeRoot, DAMAGED));
    expect(await folder.readLake()).not.toEqual(await expectedLake());
    const reports: ReportedEvent[] = [];
    await folder.start({ report: (event) => reports.push(event) }).flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake());
    expect(reports).toContainEqual({
      level: 'warn',
      kind: 'lake-damaged',
      message: expect.stringContaining('1 day from 2026-11-20 on'),
      fields: { days: 1 },
    });
  });

  test('that is damaged while the worker runs is written again without a restart', async () => {
    const reports: ReportedEvent[] = [];
    // A day takes a second and a half, the pause between two looks 1 ms.
    const clock = { real: Date.now(), simulated: AS_OF, speed: 60_000 };
    const thread = folder.start({ clock, report: (event) => reports.push(event) });
    await folder.store.merge(FACTS);
    await thread.flush(patience());
    const file = (path: string) => join(folder.lakeRoot, path);
    await flipByte(file('candles/interval=2h/date=2026-11-20/candles.parquet'));
    await rm(file('candles/interval=2h/date=2026-11-21/candles.parquet'));
    await truncate(file('coverage/interval=2h/date=2026-11-22/coverage.parquet'), 200);
    await swap(
      file('bars/timeframe=240m/date=2026-11-20/bars.parquet'),
      file('bars/timeframe=240m/date=2026-11-21/bars.parquet'),
    );
    const expected = await expectedLake();
    await until(async () => isDeepStrictEqual(await folder.readLake(), expected));
    expect(reports.map(({ kind }) => kind)).toContain('lake-damaged');
  });
});

describe('a lake worker that cannot work', () => {
  test('says in one line why, keeps the marks, and writes the lake when it can', async () => {
    await writeFile(folder.lakeRoot, 'a file where the folder of the lake has to be');
    const reports: ReportedEvent[] = [];
    const thread = folder.start({ report: (event) => reports.push(event) });
    await folder.store.merge(FACTS);
    await expect(thread.flush(patience())).rejects.toThrow(/parquet/);
    thread.request();
    await until(async () => reports.length > 0);
    expect(reports).toMatchObject([{ level: 'error', kind: 'lake-failed' }]);
    expect(reports[0]!.message).not.toContain('\n');
    expect(await folder.store.dirtyDays()).not.toEqual([]);
    await rm(folder.lakeRoot);
    await thread.flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake());
  });

  test('fails a flush under way, and every later one, when it ends by itself', async () => {
    const thread = folder.start({ storePath: join(folder.path, 'no', 'such', 'folder', 'candles.sqlite') });
    await expect(thread.flush(patience())).rejects.toThrow(/lake worker ended.*no\/such\/folder/);
    await expect(thread.ended).rejects.toThrow(/lake worker ended/);
    await expect(thread.flush(patience())).rejects.toThrow(/lake worker ended/);
    expect(thread.status().lastError).toMatch(/lake worker ended/);
  });
});

test('derives while the main thread is blocked (predecessor fault 52)', async () => {
  const thread = folder.start();
  await folder.store.merge(FACTS);
  await thread.flush(patience());
  await rm(folder.lakeRoot, { recursive: true });
  await folder.store.writeSettings({
    ...COARSE,
    periods: { ...COARSE.periods, maLong: COARSE.periods.maLong + 1 },
  });
  const flushed = thread.flush(patience());
  // This thread's event loop does not turn until the files exist, so another thread must have written them.
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const deadline = Date.now() + 20_000;
  while (!existsSync(join(folder.lakeRoot, 'bars')) && Date.now() < deadline) Atomics.wait(bell, 0, 0, 5);
  expect(existsSync(join(folder.lakeRoot, 'bars'))).toBe(true);
  await flushed;
});
