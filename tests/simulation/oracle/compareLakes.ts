import type { LakeRow } from '../machine/rowEncoder.ts';

/** A difference between the lake that was expected and the lake that was found. */
export interface Problem {
  readonly kind:
    | 'lost'
    | 'invented'
    | 'duplicated'
    | 'wrong'
    | 'settled'
    | 'health'
    | 'behind'
    | 'limit'
    | 'failed'
    | 'late';
  readonly detail: string;
}

/** Compares two lakes row by row. */
export function compareLakes(
  expected: ReadonlyMap<string, readonly LakeRow[]>,
  found: ReadonlyMap<string, readonly LakeRow[]>,
): readonly Problem[] {
  const paths = [...new Set([...expected.keys(), ...found.keys()])].sort();
  return paths.flatMap((path) => compareObjects(path, expected.get(path) ?? [], found.get(path) ?? []));
}

function compareObjects(path: string, expected: readonly LakeRow[], found: readonly LakeRow[]): Problem[] {
  const problems: Problem[] = [];
  const left = new Map(expected.map((row) => [keyOf(row), row]));
  const seen = new Set<string>();
  for (const row of found) {
    const key = keyOf(row);
    const wanted = left.get(key);
    left.delete(key);
    if (seen.has(key)) problems.push({ kind: 'duplicated', detail: `${path} ${key}` });
    else if (!wanted) problems.push({ kind: 'invented', detail: `${path} ${key} ${JSON.stringify(row)}` });
    else if (JSON.stringify(wanted) !== JSON.stringify(row)) {
      problems.push({ kind: 'wrong', detail: `${path} ${key}: ${differences(wanted, row)}` });
    }
    seen.add(key);
  }
  for (const key of left.keys()) problems.push({ kind: 'lost', detail: `${path} ${key}` });
  const place = found.findIndex((row, index) => index > 0 && isAfter(found[index - 1]!, row));
  if (place >= 0)
    problems.push({ kind: 'wrong', detail: `${path}: row ${place} belongs before the row before` });
  return problems;
}

/** Rows are sorted by symbol and open time. */
function isAfter(one: LakeRow, other: LakeRow): boolean {
  return one.symbol === other.symbol ? one.open_time! > other.open_time! : one.symbol! > other.symbol!;
}

function keyOf({ symbol, open_time: openTime }: LakeRow): string {
  return typeof openTime === 'number' ? `${symbol} ${new Date(openTime).toISOString()}` : `${symbol}`;
}

function differences(expected: LakeRow, found: LakeRow): string {
  const names = Object.keys(expected).filter((name) => expected[name] !== found[name]);
  return (
    names.map((name) => `${name} ${found[name]}, expected ${expected[name]}`).join('; ') || 'order of columns'
  );
}
