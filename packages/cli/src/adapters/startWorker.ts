import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Node 22 warns at each start that its SQLite is experimental. */
const WARNS_OF_SQLITE = Number(process.versions.node.split('.')[0]) < 24;

/** Starts a thread. */
export function startWorker(
  name: 'lakeWorker' | 'encoderWorker' | 'apiWorker',
  options: WorkerOptions,
): Worker {
  const quiet = WARNS_OF_SQLITE ? { execArgv: ['--disable-warning=ExperimentalWarning'] } : {};
  return new Worker(workerFile(name), { ...options, ...quiet });
}

/** The file of a thread: above this folder in the sources, beside this file in the bundle. */
function workerFile(name: string): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? `../${name}.ts` : `./${name}.js`, import.meta.url);
}
