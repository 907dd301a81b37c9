import { execFileSync } from 'node:child_process';
import type { SeedPool } from './seedPool.ts';
import { shrinkFaults } from './shrink.ts';
import type { SimulationOptions, SimulationResult } from './simulate.ts';

export interface FailureContext {
  readonly options: SimulationOptions;
  readonly pool: SeedPool;
  /** Whether the faults that the failure needs are looked for, which takes up to 80 runs. */
  readonly isShrunk: boolean;
}

const SHOWN_PROBLEMS = 5;
const SHOWN_CHARACTERS = 300;

/** Prints a failed seed with its commit, what is wrong, the faults that it needs, and how to repeat it. */
export async function reportFailure(
  { problems, faults }: SimulationResult,
  { options, pool, isShrunk }: FailureContext,
): Promise<void> {
  const { seed, days, symbols } = options;
  const all = options.only ?? faults.map((_, place) => place);
  const fails = async (only: readonly number[]) => (await pool.run({ ...options, only })).problems.length > 0;
  const needed = isShrunk ? await shrinkFaults(all, fails) : all;
  const lines = [`seed ${seed} FAILED at commit ${currentCommit()}: ${problems.length} problems`];
  for (const { kind, detail } of problems.slice(0, SHOWN_PROBLEMS))
    lines.push(`  ${kind}: ${detail.slice(0, SHOWN_CHARACTERS)}`);
  for (const place of isShrunk ? needed : []) lines.push(`  fault ${place}: ${faultText(faults[place]!)}`);
  const size = `--days ${days} --symbols ${symbols}`;
  lines.push(`  npm run simulate -- --seeds ${seed} ${size} --only ${needed.join() || '""'}`);
  console.log(lines.join('\n'));
}

function faultText({ kind, from, to, symbol, draw }: SimulationResult['faults'][number]): string {
  const instant = (time: number) => new Date(time).toISOString();
  return `${kind}${symbol === null ? '' : ` ${symbol}`} ${instant(from)} to ${instant(to)}, draw ${draw.toFixed(3)}`;
}

/** The commit of the working tree, `unknown` without git. */
export function currentCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
