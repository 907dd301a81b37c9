/** What `npm run proof:long` keeps of the seeds that it ran, so that it can go on later: a line of JSON each. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { FAULT_KINDS, type FaultKind } from './faultKinds.ts';
import type { CountedResult } from './totals.ts';

export interface ProvenSeed {
  readonly commit: string;
  /** The git tree of packages/: seeds of one tree may be counted together. */
  readonly code: string;
  /** Processor time, of all threads. */
  readonly cpuMs: number;
  readonly result: CountedResult;
}

type Line = Omit<ProvenSeed, 'result'> & {
  readonly result: Omit<CountedResult, 'effects'> & { readonly effects: readonly [FaultKind, number][] };
};

/** The code under test as git has it. Throws when packages/ has changes that are not committed. */
export function codeUnderTest(): string {
  const git = (...parts: string[]) => execFileSync('git', parts, { encoding: 'utf8' }).trim();
  const changes = git('status', '--porcelain', ':/packages');
  if (changes !== '') throw new Error(`packages/ differs from its commit: commit it first\n${changes}`);
  return git('rev-parse', 'HEAD:packages');
}

/** Adds a line to the file, after the one that a killed run may have left unfinished. */
export function keepSeed(path: string, { result, ...run }: ProvenSeed): void {
  const { seed, variant, problems, events, requests, simulatedMs, effects } = result;
  const counted = { seed, variant, problems, events, requests, simulatedMs, effects: [...effects] };
  appendFileSync(path, `\n${JSON.stringify({ ...run, result: counted } satisfies Line)}`);
}

/** The last run of each seed of this code; those of other code are left out. Empty without the file. */
export function keptSeeds(path: string, code: string): ReadonlyMap<number, ProvenSeed> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const seeds = lines.flatMap((line) => readLine(line) ?? []).filter((seed) => seed.code === code);
  return new Map(seeds.map((one) => [one.result.seed, one]));
}

/** Null for an unfinished line. */
function readLine(text: string): ProvenSeed | null {
  if (!text.endsWith('}')) return null;
  try {
    const { result, ...run } = JSON.parse(text) as Line;
    const effects = new Map(result.effects.filter(([kind]) => kind in FAULT_KINDS));
    return { ...run, result: { ...result, effects } };
  } catch {
    return null;
  }
}
