/** A thread that runs the seeds that it is sent, one after the other. */
import { parentPort } from 'node:worker_threads';
import { type SimulationOptions, simulate } from './simulate.ts';

parentPort!.on('message', async (options: SimulationOptions) => {
  parentPort!.postMessage(await simulate(options));
});
