/** The thread that derives and encodes, so that the main thread stays free for frames. It has a store connection of its own. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createEncoder, createLakeKeeper } from '@candlelake/core';
import { createClock } from '@candlelake/node';
import { createFileObjects } from './adapters/fileObjects.ts';
import { createLakeLease } from './adapters/lakeLease.ts';
import { openSqliteStore } from './adapters/sqliteStore.ts';
import { type LakeNews, type LakeOrder, type LakeWorkerOptions, toPlainError } from './lakeMessages.ts';

const {
  storePath,
  memoryMapped,
  lakeRoot,
  leasePath,
  clock: setting,
  barsFrom,
}: LakeWorkerOptions = workerData;
const stopping = new AbortController();
const flushes = new Map<number, { readonly cancelled: AbortController; readonly done: Promise<void> }>();

const clock = createClock(setting);
const store = openSqliteStore(storePath, { memoryMapped, now: clock.now });
const objects = createFileObjects(lakeRoot);
const withLakeLease = createLakeLease(leasePath, clock);
const keeper = createLakeKeeper({
  clock,
  candles: store,
  derivation: store,
  objects,
  encode: createEncoder(readFileSync(wasmFile())),
  withLakeLease,
  prepare: objects.removeLeftovers,
  rest: () => setImmediate(),
  report: (event) => tell({ kind: 'report', event }),
  onStatus: (status) => tell({ kind: 'status', status }),
  onBars: (bars) => {
    const wanted = bars.filter(({ day }) => day >= barsFrom);
    if (wanted.length > 0) tell({ kind: 'bars', bars: wanted });
  },
});

parentPort!.on('message', (order: LakeOrder) => {
  if (order.kind === 'request') keeper.request();
  else if (order.kind === 'flush') startFlush(order.id);
  else if (order.kind === 'cancel') flushes.get(order.id)?.cancelled.abort();
  else stopping.abort();
});

try {
  await keeper.run(stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted) throw error;
} finally {
  await Promise.all([...flushes.values()].map(({ done }) => done));
  parentPort!.close();
  store.close();
}

function startFlush(id: number): void {
  const cancelled = new AbortController();
  flushes.set(id, { cancelled, done: flush(id, AbortSignal.any([cancelled.signal, stopping.signal])) });
}

async function flush(id: number, signal: AbortSignal): Promise<void> {
  try {
    await keeper.flush(signal);
    tell({ kind: 'flushed', id, error: null });
  } catch (error) {
    tell({ kind: 'flushed', id, error: toPlainError(error) });
  } finally {
    flushes.delete(id);
  }
}

function tell(news: LakeNews): void {
  parentPort!.postMessage(news);
}

/** Through core, whose dependency it is. */
function wasmFile(): string {
  const core = createRequire(import.meta.resolve('@candlelake/core'));
  return core.resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');
}
