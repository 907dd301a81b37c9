/** A thread that runs the seeds that it is sent, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { applyMutation } from './applyMutation.ts';
import type { SimulationOptions } from './simulate.ts';

const { mutation } = workerData as { readonly mutation: string | null };
if (mutation !== null) applyMutation(mutation);
// Loads the program, with the mutation.
const { simulate } = await import('./simulate.ts');

parentPort!.on('message', async (options: SimulationOptions) => {
  try {
    parentPort!.postMessage({ result: await simulate(options) });
  } catch (error) {
    parentPort!.postMessage({ error: error instanceof Error ? error.stack : String(error) });
  }
});
