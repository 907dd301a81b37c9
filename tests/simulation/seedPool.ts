import { Worker } from 'node:worker_threads';
import type { SimulationOptions, SimulationResult } from './simulate.ts';

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

type Message =
  | { readonly result: SimulationResult; readonly error?: never }
  | { readonly result?: never; readonly error: string };

/** A pool of `size` threads; with a mutation in the program, if one is named. */
export function createSeedPool(size: number, mutation: string | null = null): SeedPool {
  const waiting: Waiter[] = [];
  const file = new URL('./seedWorker.ts', import.meta.url);
  const workers = Array.from({ length: size }, () => new Worker(file, { workerData: { mutation } }));
  const free = [...workers];

  function next(): void {
    const waiter = free.length > 0 ? waiting.shift() : undefined;
    if (!waiter) return;
    const worker = free.pop()!;
    worker.once('message', ({ result, error }: Message) => {
      free.push(worker);
      if (result) waiter.resolve(result);
      else waiter.reject(new Error(`seed ${waiter.options.seed} ended the simulator: ${error}`));
      next();
    });
    worker.postMessage(waiter.options);
  }

  return {
    run: (options) =>
      new Promise((resolve, reject) => {
        waiting.push({ options, resolve, reject });
        next();
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
