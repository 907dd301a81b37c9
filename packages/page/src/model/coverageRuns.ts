import type { CoverageAnswer, CoverageRun } from '@candlelake/core';

/** What is known of the slots of a symbol. */
export interface KnownCoverage {
  readonly runs: readonly CoverageRun[];
  /** The stretch that the runs are of; null before anything is known. */
  readonly range: { readonly from: number; readonly to: number } | null;
}

export const NO_COVERAGE: KnownCoverage = { runs: [], range: null };

/** With what the server says of a stretch: it replaces what was known of that. */
export function withCoverage(known: KnownCoverage, { from, to, runs }: CoverageAnswer): KnownCoverage {
  const range = known.range ?? { from, to };
  return {
    runs: replaceRuns(known.runs, { from, to }, runs),
    range: { from: Math.min(range.from, from), to: Math.max(range.to, to) },
  };
}

function replaceRuns(
  known: readonly CoverageRun[],
  range: { readonly from: number; readonly to: number },
  runs: readonly CoverageRun[],
): readonly CoverageRun[] {
  const { from, to } = range;
  const outside = known.flatMap((run) => [
    ...(run.from < from ? [{ ...run, to: Math.min(run.to, from) }] : []),
    ...(run.to > to ? [{ ...run, from: Math.max(run.from, to) }] : []),
  ]);
  const inside = runs
    .map((run) => ({ ...run, from: Math.max(run.from, from), to: Math.min(run.to, to) }))
    .filter((run) => run.from < run.to);
  return [...outside, ...inside].sort((a, b) => a.from - b.from);
}
