/**
 * `npm run simulate:mutations`: puts each fault of `mutations.ts` back into the program and runs the seed that
 * is recorded as noticing it. With `--search` the seeds of `--seeds` are tried until one notices the fault. Ends
 * with 1 when a fault is not noticed.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation } from './mutations.ts';
import { createSeedPool } from './seedPool.ts';
import { DEFAULT_SIZE, seedsOf } from './seedRange.ts';

const { values } = parseArgs({
  options: {
    /** The name of one mutation. */
    only: { type: 'string' },
    search: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '0..199' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

/** Runs seeds, one after the other, until one notices the mutation; prints what it says. */
async function check({ name, fault, seed }: Mutation): Promise<boolean> {
  const pool = createSeedPool(1, name);
  const label = fault === null ? name : `fault ${fault} ${name}`;
  const seeds = values.search ? seedsOf(values.seeds) : [seed];
  try {
    for (const next of seeds) {
      const { problems } = await pool.run({ seed: next, ...DEFAULT_SIZE });
      const [first] = problems;
      if (!first) continue;
      const said = `${first.kind}: ${first.detail.slice(0, 120)}`;
      console.log(`${label}: seed ${next} finds ${problems.length} problems, ${said}`);
      return true;
    }
  } finally {
    await pool.close();
  }
  console.log(`${label}: NOT NOTICED by ${seeds.length} seeds`);
  return false;
}

const waiting = MUTATIONS.filter(({ name }) => values.only === undefined || name === values.only);
const total = waiting.length;
let noticed = 0;

async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) if (await check(next)) noticed += 1;
}

await Promise.all(Array.from({ length: Number(values.workers) }, work));
console.log(`${total} mutations, ${noticed} noticed`);
process.exitCode = noticed < total || total === 0 ? 1 : 0;
