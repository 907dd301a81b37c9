/** The most runs that a search may take. */
const MOST_RUNS = 80;

/**
 * Looks for the fewest faults with which a run still fails, by leaving out ever smaller parts of the plan
 * (delta debugging). `fails` runs the seed with these faults only.
 */
export async function shrinkFaults(
  places: readonly number[],
  fails: (places: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  if (places.length === 0 || (await fails([]))) return [];
  let left = places;
  let parts = 2;
  let runs = 1;
  while (parts <= left.length && runs < MOST_RUNS) {
    const size = Math.ceil(left.length / parts);
    let isSmaller = false;
    for (let start = 0; start < left.length && runs < MOST_RUNS; start += size) {
      const others = [...left.slice(0, start), ...left.slice(start + size)];
      if (others.length === 0) continue;
      runs += 1;
      if (!(await fails(others))) continue;
      [left, isSmaller] = [others, true];
      break;
    }
    if (isSmaller) parts = Math.max(2, parts - 1);
    else if (size === 1) break;
    else parts = Math.min(left.length, 2 * parts);
  }
  return left;
}
