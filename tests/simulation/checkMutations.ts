import { MUTATIONS, type Mutation } from './mutations.ts';
import type { Problem } from './oracle/compareLakes.ts';
import { createSeedPool } from './seedPool.ts';
import { DEFAULT_SIZE, seedsOf } from './seedRange.ts';

/** What was seen of one mutation. */
export interface CheckedMutation {
  readonly mutation: Mutation;
  /** The seed that noticed it, and what it found; null when none did. */
  readonly found: { readonly seed: number; readonly problems: readonly Problem[] } | null;
}

export interface CheckOptions {
  readonly workers: number;
  /** The name of one mutation; all when left out. */
  readonly only?: string | undefined;
  /** Seeds to try, one after the other; the recorded seed of each, then the first 200, when left out. */
  readonly seeds?: readonly number[] | undefined;
}

/** For a recorded seed that another draw of the program has shifted. */
const LATER_SEEDS = seedsOf('0..199');

/** Runs seeds with each mutation until one notices it; prints a line about each. */
export async function checkMutations(options: CheckOptions): Promise<readonly CheckedMutation[]> {
  const { workers, only } = options;
  const waiting = MUTATIONS.filter(({ name }) => only === undefined || name === only);
  const checked: CheckedMutation[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const one = await check(next, options);
      console.log(lineOf(one));
      checked.push(one);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return checked;
}

async function check(mutation: Mutation, { seeds }: CheckOptions): Promise<CheckedMutation> {
  const pool = createSeedPool(1, mutation.name);
  try {
    for (const seed of seeds ?? [mutation.seed, ...LATER_SEEDS]) {
      const { problems } = await pool.run({ seed, ...DEFAULT_SIZE });
      if (problems.length > 0) return { mutation, found: { seed, problems } };
    }
  } finally {
    await pool.close();
  }
  return { mutation, found: null };
}

function lineOf({ mutation: { fault, name }, found }: CheckedMutation): string {
  const label = fault === null ? name : `fault ${fault} ${name}`;
  if (found === null) return `${label}: NOT NOTICED`;
  const { seed, problems } = found;
  const [{ kind, detail }] = problems as [Problem];
  return `${label}: seed ${seed} finds ${problems.length} problems, ${kind}: ${detail.slice(0, 120)}`;
}
