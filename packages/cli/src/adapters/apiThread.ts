import type { Worker } from 'node:worker_threads';
import { RequestError } from '@candlelake/core';
import type { ApiCallName, ApiCalls, ApiCommand, ApiReply, ApiWorkerOptions } from '../apiMessages.ts';
import { startWorker } from './startWorker.ts';

/** The reading side of the HTTP API in a thread of its own. */
export interface ApiThread {
  /** Starts the thread ahead of the first call, which would wait for it. */
  start(): void;
  /** Throws RequestError for a wrong request, and Error when lake or store can't be read. */
  call<N extends ApiCallName>(name: N, asked: ApiCalls[N]['asked']): Promise<ApiCalls[N]['result']>;
  /** Ends the thread. Calls that are not answered are rejected. */
  stop(): Promise<void>;
}

interface Call {
  resolve(result: unknown): void;
  reject(reason: unknown): void;
}

/** Further calls are refused. Each client has at most one or two at a time. */
const MAX_WAITING = 256;

/**
 * The thread is started by the first call, and again by the first one after it has ended by itself. The store
 * must be open in this process: its write-ahead log exists then, which a read-only connection needs to see
 * what is written later.
 */
export function createApiThread(workerData: ApiWorkerOptions): ApiThread {
  const calls = new Map<number, Call>();
  let worker: Worker | null = null;
  let isStopped = false;
  let lastId = 0;

  function rejectAll(reason: Error): void {
    for (const { reject } of calls.values()) reject(reason);
    calls.clear();
  }

  function start(): Worker {
    const started = startWorker('apiWorker', { workerData });
    let failure = new Error('the API worker was stopped');
    started.on('error', (error) => (failure = error instanceof Error ? error : new Error(String(error))));
    started.once('exit', () => {
      if (worker === started) worker = null;
      rejectAll(failure);
    });
    started.on('message', (reply: ApiReply) => {
      const call = calls.get(reply.id);
      calls.delete(reply.id);
      if ('result' in reply) call?.resolve(reply.result);
      else
        call?.reject(
          reply.status === null ? new Error(reply.error) : new RequestError(reply.status, reply.error),
        );
    });
    return started;
  }

  return {
    start() {
      if (!isStopped) worker ??= start();
    },
    async call(name, asked) {
      if (isStopped) throw new RequestError(503, 'the program is stopping');
      if (calls.size >= MAX_WAITING)
        throw new RequestError(503, `${MAX_WAITING} requests are waiting, expected fewer: try again`);
      worker ??= start();
      const id = ++lastId;
      const done = Promise.withResolvers<never>();
      calls.set(id, done as unknown as Call);
      worker.postMessage({ id, name, asked } as ApiCommand);
      return done.promise;
    },
    async stop() {
      isStopped = true;
      await worker?.terminate();
    },
  };
}
