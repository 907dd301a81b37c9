/** The shortest time of each work in ms. The works run alternately, and the first round is not counted. */
export async function bestOf(rounds: number, works: readonly (() => unknown)[]): Promise<number[]> {
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      await work();
      if (round > 0) best[i] = Math.min(best[i]!, performance.now() - start);
    }
  }
  return best;
}
