/** Those of `names` that differ least from `name`, at most `count`, the nearest first. */
export function nearestNames(name: string, names: readonly string[], count: number): readonly string[] {
  const distances = names.map((other) => ({ other, distance: editDistance(name, other) }));
  distances.sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1));
  return distances.slice(0, count).map(({ other }) => other);
}

/**
 * The number of edits that turn one text into the other: a character inserted, deleted or replaced, or two
 * neighbours swapped (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          last[column]! + 1,
          current[column - 1]! + 1,
          last[column - 1]! + (isSame ? 0 : 1),
          isSwapped && row > 1 && column > 1 ? beforeLast[column - 2]! + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}
