/**
 * `npm run proof:long`: runs ten thousand seeds and the known faults, and writes what they showed into
 * docs/proof.md. Takes hours; `--seeds 0..1999` runs fewer, and Ctrl-C ends the seeds early. Ends with 1, and
 * writes nothing, when a seed fails or a fault is not noticed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkMutations } from './checkMutations.ts';
import { readOrExit } from './commandLine.ts';
import { mutationSection, replaceSection, simulationSection } from './proofSections.ts';
import { currentCommit, reportFailure } from './reportFailure.ts';
import { createSeedPool } from './seedPool.ts';
import { DEFAULT_SIZE, seedsOf } from './seedRange.ts';
import { addResult, newTotals, totalsLine } from './totals.ts';

const PAGE = join(import.meta.dirname, '../../docs/proof.md');
const PROGRESS_SEEDS = 50;

const { values } = readOrExit(() =>
  parseArgs({
    options: {
      seeds: { type: 'string', default: '0..9999' },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  }),
);
const workers = Number(values.workers);
// The page may change while the seeds run.
const commit = currentCommit();
const pool = createSeedPool(workers);
const totals = newTotals(Date.now());
let isInterrupted = false;
process.once('SIGINT', () => {
  isInterrupted = true;
});

/** Runs the seeds that are left, one after the other. */
async function work(left: Iterator<number>): Promise<void> {
  for (let next = left.next(); !next.done && !isInterrupted; next = left.next()) {
    const options = { seed: next.value, ...DEFAULT_SIZE };
    const result = await pool.run(options);
    addResult(totals, result);
    if (totals.seeds % PROGRESS_SEEDS === 0) console.error(totalsLine(totals, Date.now()));
    if (result.problems.length > 0) await reportFailure(result, { options, pool, isShrunk: false });
  }
}

const left = readOrExit(() => seedsOf(values.seeds)).values();
await Promise.all(Array.from({ length: workers }, () => work(left)));
await pool.close();
const endedAt = Date.now();
console.log(totalsLine(totals, endedAt));
const checked = await checkMutations({ workers });
if (totals.failed > 0 || checked.some(({ found }) => found === null)) process.exitCode = 1;
else {
  const run = { commit, seconds: (endedAt - totals.startedAt) / 1000 };
  const page = readFileSync(PAGE, 'utf8');
  const simulated = replaceSection(page, 'Simulation', simulationSection(totals, run));
  writeFileSync(PAGE, replaceSection(simulated, 'Mutations', mutationSection(checked, commit)));
}
