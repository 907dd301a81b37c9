/**
 * `npm run simulate:mutations`: puts each fault of `mutations.ts` back into the program and runs the seed that
 * is recorded as noticing it, then the first 200. With `--search` the seeds of `--seeds` are tried instead.
 * Ends with 1 when a fault is not noticed.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { checkMutations } from './checkMutations.ts';
import { readOrExit } from './commandLine.ts';
import { seedsOf } from './seedRange.ts';

const { values } = readOrExit(() =>
  parseArgs({
    options: {
      /** The name of one mutation. */
      only: { type: 'string' },
      search: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '0..199' },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  }),
);
const checked = await checkMutations({
  workers: Number(values.workers),
  only: values.only,
  seeds: values.search ? readOrExit(() => seedsOf(values.seeds)) : undefined,
});
const noticed = checked.filter(({ found }) => found !== null).length;
console.log(`${checked.length} mutations, ${noticed} noticed`);
process.exitCode = noticed < checked.length || checked.length === 0 ? 1 : 0;
