/**
 * `npm run simulate -- --seeds 0..199 --days 2 --symbols 2`: runs seeds and prints those that fail, with the
 * faults that they need and the command that repeats them.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { readOrExit } from './commandLine.ts';
import { reportFailure } from './reportFailure.ts';
import { createSeedPool } from './seedPool.ts';
import { DEFAULT_SIZE, seedsOf, sizeOf } from './seedRange.ts';
import { simulate } from './simulate.ts';
import { addResult, newTotals, totalsLine } from './totals.ts';

/** Between two lines about the progress. */
const PROGRESS_SEEDS = 100;
/** Of more failures than this only the seed is printed. */
const SHRUNK_FAILURES = 3;

const { values } = readOrExit(() =>
  parseArgs({
    options: {
      seeds: { type: 'string', default: '0..199' },
      days: { type: 'string', default: String(DEFAULT_SIZE.days) },
      symbols: { type: 'string', default: String(DEFAULT_SIZE.symbols) },
      /** Places of the faults in the plan; empty for none. */
      only: { type: 'string' },
      /** Prints each event of one seed. */
      verbose: { type: 'boolean', default: false },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  }),
);
const seeds = readOrExit(() => seedsOf(values.seeds));
const size = readOrExit(() => sizeOf(values));
const places = values.only?.split(',').filter((place) => place !== '');
const only = places ? { only: places.map(Number) } : {};

if (values.verbose) {
  const onEvent = (line: string) => console.log(line);
  const { problems } = await simulate({ seed: seeds[0]!, ...size, ...only, onEvent });
  for (const { kind, detail } of problems) console.log(`${kind}: ${detail}`);
} else {
  const pool = createSeedPool(Number(values.workers));
  const totals = newTotals(Date.now());
  await Promise.all(
    seeds.map(async (seed) => {
      const options = { seed, ...size, ...only };
      const result = await pool.run(options);
      addResult(totals, result);
      if (totals.seeds % PROGRESS_SEEDS === 0) console.error(totalsLine(totals, Date.now()));
      if (result.problems.length === 0) return;
      await reportFailure(result, { options, pool, isShrunk: totals.failed <= SHRUNK_FAILURES });
    }),
  );
  await pool.close();
  console.log(totalsLine(totals, Date.now()));
  process.exitCode = totals.failed > 0 ? 1 : 0;
}
