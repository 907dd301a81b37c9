import { Worker } from 'node:worker_threads';
import { type DerivedBars, INITIAL_LAKE_STATUS, type LakeKeeper, type Report } from '@candlelake/core';
import { fromPlainError, type LakeNews, type LakeOrder, type LakeWorkerOptions } from '../lakeMessages.ts';

/** The keeper of the lake in a thread of its own. */
export interface ThreadedLakeKeeper extends LakeKeeper {
  /** Ends the thread; resolves when it is gone. What is not derived stays marked. */
  stop(): Promise<void>;
  /** Resolves when the thread is gone after a stop; rejects when it ended by itself, with what killed it. */
  readonly ended: Promise<void>;
}

export interface LakeKeeperOptions extends LakeWorkerOptions {
  readonly report: Report;
  /** Hears the bars of each derived day. */
  readonly onBars: (bars: readonly DerivedBars[]) => void;
}

interface Flush {
  resolve(): void;
  reject(reason: unknown): void;
}

/** The main thread runs with a young generation for frames that die at once; a day of rows lives longer. */
const resourceLimits = { maxYoungGenerationSizeMb: 48 };

/** Starts the lake worker. The store must have been opened, and its settings written, before. */
export function startLakeKeeper({ report, onBars, ...workerData }: LakeKeeperOptions): ThreadedLakeKeeper {
  const worker = new Worker(new URL('../lakeWorker.ts', import.meta.url), { workerData, resourceLimits });
  const flushes = new Map<number, Flush>();
  let status = INITIAL_LAKE_STATUS;
  let lastFlush = 0;
  let gone: Error | null = null;

  const order = (message: LakeOrder) => worker.postMessage(message);
  const ended = endOf(worker).catch((error) => {
    gone = new Error(`the lake worker ended: ${error.message}`, { cause: error });
    status = { ...status, lastError: gone.message };
    throw gone;
  });
  ended
    .catch(() => undefined)
    .then(() => {
      for (const { reject } of flushes.values()) reject(gone ?? new Error('the lake worker was stopped'));
      flushes.clear();
    });

  worker.on('message', (news: LakeNews) => {
    if (news.kind === 'status') status = news.status;
    else if (news.kind === 'bars') onBars(news.bars);
    else if (news.kind === 'report') report(news.event);
    else if (news.error) flushes.get(news.id)?.reject(fromPlainError(news.error));
    else flushes.get(news.id)?.resolve();
  });

  return {
    ended,
    request: () => order({ kind: 'request' }),
    status: () => status,
    async flush(signal) {
      signal.throwIfAborted();
      if (gone) throw gone;
      const id = ++lastFlush;
      const flushed = new Promise<void>((resolve, reject) => flushes.set(id, { resolve, reject }));
      const cancel = () => {
        order({ kind: 'cancel', id });
        flushes.get(id)?.reject(signal.reason);
      };
      signal.addEventListener('abort', cancel, { once: true });
      order({ kind: 'flush', id });
      try {
        await flushed;
      } finally {
        signal.removeEventListener('abort', cancel);
        flushes.delete(id);
      }
    },
    async stop() {
      order({ kind: 'stop' });
      await ended.catch(() => undefined);
    },
  };
}

function endOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}
