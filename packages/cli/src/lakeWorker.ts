/**
 * The thread that derives, so that the main thread stays free for frames. It has its own store connection,
 * and encodes in threads of its own.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { createLakeWriter, DerivationLoop, type LakeWriter } from '@candlelake/core';
import { createClock, yieldToHost } from '@candlelake/node';
import { createEncoderPool } from './adapters/encoderPool.ts';
import { createFileObjects } from './adapters/fileObjects.ts';
import { fingerprintOf } from './adapters/fingerprint.ts';
import { createLakeLease, leaseSteps } from './adapters/lakeLease.ts';
import { openSqliteStore } from './adapters/sqliteStore.ts';
import { type LakeCommand, type LakeEvent, type LakeWorkerOptions, toPlainError } from './lakeMessages.ts';

const options: LakeWorkerOptions = workerData;
/** A derivation reads each page once, and the writes of the main thread make its pages stale. */
const CACHE_KIB = 2_048;

const stopping = new AbortController();
const flushes = new Map<number, { readonly cancelled: AbortController; readonly done: Promise<void> }>();

const clock = createClock(options.clock);
const damaged = Promise.withResolvers<never>();
const encoder = createEncoderPool();
const store = openSqliteStore(options.storePath, {
  memoryMapped: options.memoryMapped,
  cacheKib: CACHE_KIB,
  now: clock.now,
  onDamage: damaged.reject,
});
const loop = new DerivationLoop({
  clock,
  derivation: store,
  writer: createWriter(),
  report: (event) => send({ kind: 'report', event }),
  onDay: (day) => send({ kind: 'day', day }),
  onStatus: (status) => send({ kind: 'status', status }),
  onBars: (bars) => {
    const recent = bars.filter(({ day }) => day >= options.barsFrom);
    if (recent.length > 0) send({ kind: 'bars', bars: recent });
  },
});

parentPort!.on('message', (command: LakeCommand) => {
  if (command.kind === 'request') loop.request();
  else if (command.kind === 'flush') startFlush(command.id);
  else if (command.kind === 'cancel') flushes.get(command.id)?.cancelled.abort();
  else stopping.abort();
});

try {
  // A damaged store ends the program: trying again would not help, and nothing more may be written to it.
  await Promise.race([options.onlyFlushes ? untilStopped() : loop.run(stopping.signal), damaged.promise]);
} catch (error) {
  if (!stopping.signal.aborted) throw error;
} finally {
  await Promise.all([...flushes.values()].map(({ done }) => done));
  await encoder.stop();
  parentPort!.close();
  store.close();
}

async function untilStopped(): Promise<void> {
  encoder.start();
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
}

/** The writer of the lake's files, each of its steps under the lease. */
function createWriter(): LakeWriter {
  const objects = createFileObjects(options.lakeRoot);
  const writer = createLakeWriter({
    candles: store,
    derivation: store,
    objects,
    encode: encoder.encode,
    fingerprint: fingerprintOf,
    yieldToHost,
  });
  const inspect = async (signal: AbortSignal) => {
    await objects.removeTemporaries();
    return writer.inspect(signal);
  };
  return leaseSteps({ ...writer, inspect }, createLakeLease(options.leasePath, clock));
}

function startFlush(id: number): void {
  const cancelled = new AbortController();
  flushes.set(id, { cancelled, done: flush(id, AbortSignal.any([cancelled.signal, stopping.signal])) });
}

async function flush(id: number, signal: AbortSignal): Promise<void> {
  try {
    await loop.flush(signal);
    send({ kind: 'flushed', id, error: null });
  } catch (error) {
    send({ kind: 'flushed', id, error: toPlainError(error) });
  } finally {
    flushes.delete(id);
  }
}

function send(event: LakeEvent): void {
  parentPort!.postMessage(event);
}
