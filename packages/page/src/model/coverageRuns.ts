import type { CoverageRun } from '@candlelake/core';

/** Replaces what is known of the slots from `from` to `to`, exclusive, by new runs; the rest stays. */
export function replaceRuns(
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
