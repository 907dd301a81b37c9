import type { Worker } from 'node:worker_threads';
import {
  type DerivedBars,
  type EpochMs,
  INITIAL_LAKE_STATUS,
  type LakeKeeper,
  type LakeStatus,
  type Report,
} from '@candlelake/core';
import { fromPlainError, type LakeCommand, type LakeEvent, type LakeWorkerOptions } from '../lakeMessages.ts';
import { startWorker } from './startWorker.ts';

/** The derivation loop in a thread of its own. */
export interface LakeThread extends LakeKeeper {
  /** Ends the thread; resolves when it has ended. What is not derived stays marked. */
  stop(): Promise<void>;
  /** Resolves when the thread has ended after `stop`; rejects with the reason when it ended by itself. */
  readonly ended: Promise<void>;
}

export interface LakeThreadOptions extends LakeWorkerOptions {
  readonly report: Report;
  /** Called with the bars of each derived day. */
  readonly onBars: (bars: readonly DerivedBars[]) => void;
  /** Called with each day whose objects changed. */
  readonly onDay?: (day: EpochMs) => void;
  /** Called with each new status. */
  readonly onStatus?: (status: LakeStatus) => void;
}

type Listeners = Pick<LakeThreadOptions, 'report' | 'onBars' | 'onDay' | 'onStatus'>;

interface Flush {
  resolve(): void;
  reject(reason: unknown): void;
}

/** Starts the thread. The store must be open and have its settings. */
export function startLakeThread(options: LakeThreadOptions): LakeThread {
  const { report, onBars, onDay, onStatus, ...workerData } = options;
  const worker = startWorker('lakeWorker', { workerData });
  const listeners = { report, onBars, ...(onDay && { onDay }), ...(onStatus && { onStatus }) };
  return new WorkerLakeThread(worker, listeners);
}

class WorkerLakeThread implements LakeThread {
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #flushes = new Map<number, Flush>();
  #status = INITIAL_LAKE_STATUS;
  #lastFlush = 0;
  #failure: Error | null = null;

  constructor(worker: Worker, { report, onBars, onDay, onStatus }: Listeners) {
    this.#worker = worker;
    this.ended = endOf(worker).then(
      () => this.#rejectFlushes(new Error('the lake worker was stopped')),
      (error) => this.#fail(error),
    );
    this.ended.catch(() => undefined);
    worker.on('message', (event: LakeEvent) => {
      if (event.kind === 'status') {
        this.#status = event.status;
        onStatus?.(event.status);
      } else if (event.kind === 'bars') onBars(event.bars);
      else if (event.kind === 'day') onDay?.(event.day);
      else if (event.kind === 'report') report(event.event);
      else if (event.error) this.#flushes.get(event.id)?.reject(fromPlainError(event.error));
      else this.#flushes.get(event.id)?.resolve();
    });
  }

  request(): void {
    this.#send({ kind: 'request' });
  }

  status() {
    return this.#status;
  }

  async flush(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastFlush;
    const flushed = new Promise<void>((resolve, reject) => this.#flushes.set(id, { resolve, reject }));
    const cancel = () => {
      this.#send({ kind: 'cancel', id });
      this.#flushes.get(id)?.reject(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#send({ kind: 'flush', id });
    try {
      await flushed;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#flushes.delete(id);
    }
  }

  async stop(): Promise<void> {
    this.#send({ kind: 'stop' });
    await this.ended.catch(() => undefined);
  }

  #send(command: LakeCommand): void {
    this.#worker.postMessage(command);
  }

  #fail(cause: Error): never {
    this.#failure = new Error(`the lake worker ended: ${cause.message}`, { cause });
    this.#status = { ...this.#status, lastError: this.#failure.message };
    this.#rejectFlushes(this.#failure);
    throw this.#failure;
  }

  #rejectFlushes(reason: Error): void {
    for (const { reject } of this.#flushes.values()) reject(reason);
    this.#flushes.clear();
  }
}

function endOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}
