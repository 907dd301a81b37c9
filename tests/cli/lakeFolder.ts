import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  type LakeThread,
  type LakeThreadOptions,
  startLakeThread,
} from '../../packages/cli/src/adapters/lakeThread.ts';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../support/encoder.ts';
import { COARSE, coarseCandles, createTestLake, DAY, DAY_ONE, listPaths, series } from '../support/lake.ts';

export const AS_OF = DAY_ONE + 2.5 * DAY;
export const patience = () => AbortSignal.timeout(60_000);

/** Two and a half days of two symbols. */
export const FACTS = [
  { series: series('AAA-USDT'), candles: coarseCandles(0, 28) },
  { series: series('BBB-USDT'), candles: coarseCandles(9, 30, 3) },
];

/** A folder with a store whose settings and watermark are written, and the threads that work on it. */
export interface LakeFolder {
  readonly path: string;
  readonly lakeRoot: string;
  readonly store: SqliteStore;
  start(parts?: Partial<LakeThreadOptions>): LakeThread;
  /** Every file of the lake by its path. */
  readLake(): Promise<Readonly<Record<string, Uint8Array>>>;
  remove(): Promise<void>;
}

export async function createLakeFolder(): Promise<LakeFolder> {
  const path = await mkdtemp(join(tmpdir(), 'candlelake-lake-'));
  const storePath = join(path, 'candles.sqlite');
  const lakeRoot = join(path, 'parquet');
  const store = openSqliteStore(storePath, { now: () => AS_OF });
  await store.writeSettings(COARSE);
  await store.advanceAsOf(AS_OF);
  const threads: LakeThread[] = [];
  const places = { storePath, lakeRoot, leasePath: join(path, 'lake.lock') };
  return {
    ...{ path, lakeRoot, store },
    start(parts = {}) {
      const silent = { report: () => {}, onBars: () => {} };
      const thread = startLakeThread({
        ...places,
        ...silent,
        memoryMapped: false,
        clock: null,
        barsFrom: 0,
        ...parts,
      });
      threads.push(thread);
      return thread;
    },
    readLake: () => filesOf(lakeRoot),
    async remove() {
      await Promise.all(threads.map((thread) => thread.stop()));
      store.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** The lake that {@link FACTS} give in memory. */
export async function expectedLake(settings = COARSE): Promise<Readonly<Record<string, Uint8Array | null>>> {
  const lake = await createTestLake(settings, AS_OF, encode);
  await lake.store.merge(FACTS);
  await lake.derive();
  const paths = await listPaths(lake.objects);
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

/** Waits until the condition holds, for at most the time of {@link patience}. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = patience();
  while (!(await condition())) {
    limit.throwIfAborted();
    await setTimeout(5);
  }
}
