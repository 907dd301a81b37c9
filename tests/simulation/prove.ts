/**
 * `npm run proof:long`: runs ten thousand seeds and the known faults, and writes what they showed into
 * docs/proof.md. Takes hours: Ctrl-C ends it early, and the next run goes on with the seeds that are left while
 * packages/ is the same. `--seeds 0..1999` runs a part of them. Ends with 1, and writes nothing, when a seed fails
 * or a fault is not noticed. The checkout must not change meanwhile: each new seed worker loads it again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkMutations } from './checkMutations.ts';
import { readOrExit } from './commandLine.ts';
import { mutationSection, replaceSection, simulationSection } from './proofSections.ts';
import { codeUnderTest, keepSeed, keptSeeds } from './provenSeeds.ts';
import { currentCommit, reportFailure } from './reportFailure.ts';
import { createSeedPool } from './seedPool.ts';
import { DEFAULT_SIZE, seedsOf } from './seedRange.ts';
import { addResult, newTotals, totalsLine } from './totals.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/proof.md');
const PROGRESS_SEEDS = 50;

const { values } = readOrExit(() =>
  parseArgs({
    options: {
      seeds: { type: 'string', default: '0..9999' },
      /** The file with the seeds that have run. */
      results: { type: 'string', default: join(ROOT, 'proof.jsonl') },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  }),
);
const workers = Number(values.workers);
// The page may change while the seeds run.
const commit = currentCommit();
const code = readOrExit(codeUnderTest);
const pool = createSeedPool(workers);
const startedAt = Date.now();
let isInterrupted = false;
process.once('SIGINT', () => {
  isInterrupted = true;
});

let usage = process.cpuUsage();
/** Processor time since the last call. */
function spentMs(): number {
  const { user, system } = process.cpuUsage(usage);
  usage = process.cpuUsage();
  return Math.round((user + system) / 1000);
}

const progress = newTotals(startedAt);
/** Runs the seeds that are left, one after the other. */
async function work(left: Iterator<number>): Promise<void> {
  for (let next = left.next(); !next.done && !isInterrupted; next = left.next()) {
    const options = { seed: next.value, ...DEFAULT_SIZE };
    const result = await pool.run(options);
    keepSeed(values.results, { commit, code, cpuMs: spentMs(), result });
    addResult(progress, result);
    if (progress.seeds % PROGRESS_SEEDS === 0) console.error(totalsLine(progress, Date.now()));
    if (result.problems.length > 0) await reportFailure(result, { options, pool, isShrunk: false });
  }
}

const before = keptSeeds(values.results, code);
// A failed seed may have been an error of the simulator, which is not part of the code under test.
const isDone = (seed: number) => before.get(seed)?.result.problems.length === 0;
const left = readOrExit(() => seedsOf(values.seeds))
  .filter((seed) => !isDone(seed))
  .values();
await Promise.all(Array.from({ length: workers }, () => work(left)));
await pool.close();

const proven = [...keptSeeds(values.results, code).values()];
const totals = newTotals(startedAt);
for (const { result } of proven) addResult(totals, result);
console.log(`now: ${totalsLine(progress, Date.now())}`);
console.log(`of this packages/ so far: ${totals.seeds} seeds, ${totals.failed} failed`);
const checked = await checkMutations({ workers });
if (totals.failed > 0 || checked.some(({ found }) => found === null)) process.exitCode = 1;
else {
  const page = readFileSync(PAGE, 'utf8');
  const simulated = replaceSection(page, '### The long run', simulationSection(totals, proven));
  writeFileSync(PAGE, replaceSection(simulated, '### Faults put back', mutationSection(checked, commit)));
}
