import { Worker } from 'node:worker_threads';
import type { SimulationOptions, SimulationResult } from './simulate.ts';

/** A thread is replaced after so many: a killed process is never freed, which takes about half a megabyte a seed. */
const SEEDS_OF_WORKER = 500;

/** Threads that run seeds. */
export interface SeedPool {
  /** Runs a seed on the next free thread. Rejects with an error that the simulation throws itself. */
  run(options: SimulationOptions): Promise<SimulationResult>;
  close(): Promise<void>;
}

interface Waiter {
  readonly options: SimulationOptions;
  readonly resolve: (result: SimulationResult) => void;
  readonly reject: (error: Error) => void;
}

interface SeedWorker {
  readonly thread: Worker;
  seedsLeft: number;
}

type Message =
  | { readonly result: SimulationResult; readonly error?: never }
  | { readonly result?: never; readonly error: string };

/** A pool of `size` threads; with a mutation in the program, if one is named. */
export function createSeedPool(size: number, mutation: string | null = null): SeedPool {
  const waiting: Waiter[] = [];
  const file = new URL('./seedWorker.ts', import.meta.url);
  const start = (): SeedWorker => ({
    thread: new Worker(file, { workerData: { mutation } }),
    seedsLeft: SEEDS_OF_WORKER,
  });
  const workers = new Set(Array.from({ length: size }, start));
  const free = [...workers];

  /** The worker for the next seed: itself, or one in its place. */
  function afterSeed(worker: SeedWorker): SeedWorker {
    worker.seedsLeft -= 1;
    if (worker.seedsLeft > 0) return worker;
    void worker.thread.terminate();
    workers.delete(worker);
    const fresh = start();
    workers.add(fresh);
    return fresh;
  }

  function next(): void {
    const waiter = free.length > 0 ? waiting.shift() : undefined;
    if (!waiter) return;
    const worker = free.pop()!;
    worker.thread.once('message', ({ result, error }: Message) => {
      free.push(afterSeed(worker));
      if (result) waiter.resolve(result);
      else waiter.reject(new Error(`seed ${waiter.options.seed} ended the simulator: ${error}`));
      next();
    });
    worker.thread.postMessage(waiter.options);
  }

  return {
    run: (options) =>
      new Promise((resolve, reject) => {
        waiting.push({ options, resolve, reject });
        next();
      }),
    async close() {
      await Promise.all([...workers].map(({ thread }) => thread.terminate()));
    },
  };
}
