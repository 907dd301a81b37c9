/** Runs of a fuzz test: `FUZZ=100` makes them a hundred times as many. */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: usual * Number(process.env.FUZZ ?? 1) };
}
