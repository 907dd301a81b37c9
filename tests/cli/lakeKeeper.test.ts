import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type DerivedBars, deriveDirtyDays, type ReportedEvent } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../packages/cli/src/adapters/clock.ts';
import {
  type LakeKeeperOptions,
  startLakeKeeper,
  type ThreadedLakeKeeper,
} from '../../packages/cli/src/adapters/lakeKeeper.ts';
import { createLakeLease } from '../../packages/cli/src/adapters/lakeLease.ts';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../support/encoder.ts';
import { COARSE, coarseCandles, createTestLake, DAY, DAY_ONE, series } from '../support/lake.ts';

const A = series('AAA-USDT');
const B = series('BBB-USDT');
const SECOND = 1_000;
const AS_OF = DAY_ONE + 2.5 * DAY;
const patience = () => AbortSignal.timeout(20_000);

let folder: string;
let store: SqliteStore;
let keepers: ThreadedLakeKeeper[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-keeper-'));
  keepers = [];
  store = openSqliteStore(join(folder, 'candles.sqlite'), { now: () => AS_OF });
  await store.writeSettings(COARSE);
  await store.advanceAsOf(AS_OF);
});
afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  store.close();
  await rm(folder, { recursive: true, force: true });
});

function start(parts: Partial<LakeKeeperOptions> = {}): ThreadedLakeKeeper {
  const keeper = startLakeKeeper({
    storePath: join(folder, 'candles.sqlite'),
    memoryMapped: false,
    lakeRoot: join(folder, 'parquet'),
    leasePath: join(folder, 'lake.lock'),
    clock: null,
    barsFrom: 0,
    report: () => {},
    onBars: () => {},
    ...parts,
  });
  keepers.push(keeper);
  return keeper;
}

const facts = [
  { series: A, candles: coarseCandles(0, 28) },
  { series: B, candles: coarseCandles(9, 30, 3) },
];

/** The lake that the same facts give in memory. */
async function expectedLake(): Promise<Readonly<Record<string, Uint8Array | null>>> {
  const lake = await createTestLake(COARSE, AS_OF, encode);
  await lake.store.merge(facts);
  await lake.derive();
  const paths = await lake.objects.list();
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await lake.objects.read(path)])),
  );
}

async function filesOf(root: string): Promise<Readonly<Record<string, Uint8Array>>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const read = files.map(
    async (file) => [relative(root, file), new Uint8Array(await readFile(file))] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

describe('the lake worker', () => {
  test('writes below the given folder what a derivation in memory gives, byte for byte (predecessor fault 42)', async () => {
    const keeper = start();
    await store.merge(facts);
    await keeper.flush(patience());
    expect(await filesOf(join(folder, 'parquet'))).toEqual(await expectedLake());
    expect(await store.dirtyDays()).toEqual([]);
    expect(keeper.status()).toMatchObject({ dirtyDays: 0, lastAsOf: AS_OF, lastError: null });
  });

  test('derives after a request without being flushed, by the clock of the process', async () => {
    // A second of gathering is a millisecond at this speed.
    const keeper = start({ clock: { real: Date.now(), simulated: AS_OF, speed: 1_000 } });
    await store.merge(facts);
    keeper.request();
    await until(async () => keeper.status().lastDerivedAt !== null);
    expect(await store.dirtyDays()).toEqual([]);
    expect(keeper.status().lastDerivedAt).toBeGreaterThan(AS_OF + SECOND);
    expect(keeper.status().lastDerivedAt).toBeLessThan(AS_OF + DAY);
  });

  test('sends bars of the days that are asked for, as they are in memory', async () => {
    const heard: DerivedBars[] = [];
    const keeper = start({ barsFrom: DAY_ONE + DAY, onBars: (bars) => heard.push(...bars) });
    await store.merge(facts);
    await keeper.flush(patience());
    const lake = await createTestLake(COARSE, AS_OF);
    await lake.store.merge(facts);
    const expected: DerivedBars[] = [];
    await deriveDirtyDays(lake.ports, patience(), { onDay: ({ bars }) => expected.push(...bars) });
    expect(heard).toEqual(expected.filter(({ day }) => day >= DAY_ONE + DAY));
  });

  test('removes what a killed writer left half-written, before it derives', async () => {
    const beside = join(folder, 'parquet', 'bars', 'timeframe=240m', 'date=2026-11-20');
    await mkdir(beside, { recursive: true });
    await writeFile(join(beside, '.bars.parquet.99-0-1.tmp'), 'half');
    await store.merge(facts);
    await start().flush(patience());
    expect(await filesOf(join(folder, 'parquet'))).toEqual(await expectedLake());
  });

  test('takes turns with a second one on the same lake', async () => {
    const both = [start(), start()] as const;
    for (const fact of facts) {
      await store.merge([fact]);
      await Promise.all(both.map((keeper) => keeper.flush(patience())));
    }
    expect(await filesOf(join(folder, 'parquet'))).toEqual(await expectedLake());
    expect(await store.dirtyDays()).toEqual([]);
  });
});

describe('a lake worker that cannot work', () => {
  test('says in one line why, keeps the marks, and writes the lake when it can', async () => {
    await writeFile(join(folder, 'parquet'), 'a file where the folder of the lake has to be');
    const reports: ReportedEvent[] = [];
    const keeper = start({ report: (event) => reports.push(event) });
    await store.merge(facts);
    await expect(keeper.flush(patience())).rejects.toThrow(/parquet/);
    keeper.request();
    await until(async () => reports.length > 0);
    expect(reports).toMatchObject([{ level: 'error', kind: 'lake-failed' }]);
    expect(reports[0]!.message).not.toContain('\n');
    expect(await store.dirtyDays()).not.toEqual([]);
    await rm(join(folder, 'parquet'));
    await keeper.flush(patience());
    expect(await filesOf(join(folder, 'parquet'))).toEqual(await expectedLake());
  });

  test('fails a flush under way, and every later one, when it ends by itself', async () => {
    const keeper = start({ storePath: join(folder, 'no', 'such', 'folder', 'candles.sqlite') });
    await expect(keeper.flush(patience())).rejects.toThrow(/lake worker ended.*no\/such\/folder/);
    await expect(keeper.ended).rejects.toThrow(/lake worker ended/);
    await expect(keeper.flush(patience())).rejects.toThrow(/lake worker ended/);
    expect(keeper.status().lastError).toMatch(/lake worker ended/);
  });
});

describe('stopping the lake worker', () => {
  test('ends the thread though nothing is derived yet; what is marked stays marked', async () => {
    await store.merge(facts);
    const keeper = start();
    await keeper.stop();
    await keeper.ended;
    const after = start();
    await after.flush(patience());
    expect(await filesOf(join(folder, 'parquet'))).toEqual(await expectedLake());
  });

  test('rejects a flush that waits for a lease that another process holds, and frees the thread', async () => {
    const lease = createLakeLease(join(folder, 'lake.lock'), createClock(null));
    const held = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const holding = lease(async () => {
      taken.resolve();
      await held.promise;
    }, patience());
    await taken.promise;
    await store.merge(facts);
    const keeper = start();
    const stop = new AbortController();
    const flush = keeper.flush(stop.signal);
    stop.abort(new Error('no more time'));
    await expect(flush).rejects.toThrow('no more time');
    const waiting = keeper.flush(patience());
    await Promise.all([expect(waiting).rejects.toThrow(), keeper.stop()]);
    held.resolve();
    await holding;
    expect(await store.dirtyDays()).not.toEqual([]);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = patience();
  while (!(await condition())) {
    limit.throwIfAborted();
    await setTimeout(5);
  }
}

test('derives while the main thread does not come to anything else (predecessor fault 52)', async () => {
  const keeper = start();
  await store.merge(facts);
  await keeper.flush(patience());
  await rm(join(folder, 'parquet'), { recursive: true });
  await store.writeSettings({ ...COARSE, periods: { ...COARSE.periods, maLong: COARSE.periods.maLong + 1 } });
  const flushed = keeper.flush(patience());
  // No turn of this thread's event loop until the files are there: were they written by this thread, they would never be.
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const deadline = Date.now() + 20_000;
  while (!existsSync(join(folder, 'parquet', 'bars')) && Date.now() < deadline) Atomics.wait(bell, 0, 0, 5);
  expect(existsSync(join(folder, 'parquet', 'bars'))).toBe(true);
  await flushed;
});
