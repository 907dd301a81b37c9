import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { LakeTable } from '@candlelake/core';
import type { EncodeCommand, EncodeReply, EncodeTask } from '../encoderMessages.ts';
import { startWorker } from './startWorker.ts';

/** The Parquet encoder in threads of its own. */
export interface EncoderPool {
  /** Equal tables give equal bytes, whatever thread encodes them. Throws when the thread ends meanwhile. */
  encode(table: LakeTable): Promise<Uint8Array>;
  /** Starts a thread unless one runs, so that a table does not wait for it. */
  start(): void;
  /** How many threads run. */
  running(): number;
  /** Ends the threads. */
  stop(): Promise<void>;
}

export interface EncoderPoolOptions {
  /** Threads at most; by default the cores less one, at least one. */
  readonly threads?: number;
  /** Threads end after so many ms of real time without a table. */
  readonly idleMs?: number;
}

/**
 * A thread costs half a second of compilation: a further one is started when each has so many tables. Eight
 * days of a run are in flight, with three tables or more each.
 */
const MANY_WAITING = 16;

/** Tables in a message at most: the thread begins with the first ones while others are computed. */
const MESSAGE_TABLES = 8;

/** Longer than the pauses of a derivation, shorter than the interval of most lakes. */
const IDLE_MS = 5_000;

/** For programs that use the library; `--max-semi-space-size` of the command holds for its threads too. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(reason: Error): void;
}

interface Thread {
  readonly worker: Worker;
  /** Sent together: a message costs as much as encoding a small table. */
  unsent: EncodeTask[];
  readonly waiting: Map<number, Waiting>;
}

/** Creates the pool. Threads are started when there is something to encode. */
export function createEncoderPool({
  threads: most = Math.max(1, availableParallelism() - 1),
  idleMs = IDLE_MS,
}: EncoderPoolOptions = {}): EncoderPool {
  const threads = new Set<Thread>();
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;

  function endThreads(): Promise<unknown> {
    clearTimeout(idle);
    const ended = [...threads].map(({ worker }) => worker.terminate());
    threads.clear();
    return Promise.all(ended);
  }

  function endWhenIdle(): void {
    clearTimeout(idle);
    if ([...threads].some(({ waiting }) => waiting.size > 0)) return;
    idle = setTimeout(() => void endThreads(), idleMs).unref();
  }

  function start(): Thread {
    const thread = startThread((failed) => threads.delete(failed), endWhenIdle);
    threads.add(thread);
    return thread;
  }

  function nextThread(): Thread {
    const [least] = [...threads].sort((a, b) => a.waiting.size - b.waiting.size);
    if (!least) return start();
    return least.waiting.size >= MANY_WAITING && threads.size < most ? start() : least;
  }

  return {
    async encode(table) {
      clearTimeout(idle);
      const thread = nextThread();
      const id = ++lastId;
      const encoded = Promise.withResolvers<Uint8Array>();
      thread.waiting.set(id, encoded);
      thread.unsent.push({ id, table });
      if (thread.unsent.length === 1) queueMicrotask(() => sendTasks(thread));
      else if (thread.unsent.length === MESSAGE_TABLES) sendTasks(thread);
      return encoded.promise;
    },
    start() {
      if (threads.size === 0) start();
    },
    running: () => threads.size,
    async stop() {
      await endThreads();
    },
  };
}

function sendTasks(thread: Thread): void {
  const tasks = thread.unsent;
  if (tasks.length === 0) return;
  thread.unsent = [];
  thread.worker.postMessage(tasks satisfies EncodeCommand);
}

function startThread(onEnd: (thread: Thread) => void, onAnswer: () => void): Thread {
  const worker = startWorker('encoderWorker', { resourceLimits });
  const thread: Thread = { worker, unsent: [], waiting: new Map() };
  let failure = new Error('the encoder thread was stopped');
  worker.on('error', (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    failure = new Error(`the encoder thread ended: ${reason}`, { cause });
  });
  worker.once('exit', () => {
    onEnd(thread);
    for (const { reject } of thread.waiting.values()) reject(failure);
    thread.waiting.clear();
  });
  worker.on('message', (reply: EncodeReply) => {
    for (const result of reply) {
      const waiting = thread.waiting.get(result.id);
      thread.waiting.delete(result.id);
      if ('bytes' in result) waiting?.resolve(result.bytes);
      else waiting?.reject(new Error(result.error));
    }
    onAnswer();
  });
  return thread;
}
