import type { EpochMs } from '../../domain/time/time.ts';
import type { BarRow, RevisionReason } from '../shapes.ts';

/** What happened to the closed bars of a stretch between two looks at it. */
export type BarChange =
  | { readonly kind: 'closed'; readonly row: BarRow }
  | { readonly kind: 'revised'; readonly row: BarRow; readonly reason: RevisionReason }
  | { readonly kind: 'removed'; readonly row: BarRow };

/** The changes from the rows `before` to the rows `after`, by open time; both are of the same stretch. */
export function barChanges(before: readonly BarRow[], after: readonly BarRow[]): readonly BarChange[] {
  const known = new Map(before.map((row) => [row.open_time, row]));
  const newest = before.at(-1)?.open_time ?? Number.NEGATIVE_INFINITY;
  const changes: BarChange[] = [];
  for (const row of after) {
    const old = known.get(row.open_time);
    known.delete(row.open_time);
    const reason = old ? revisionReason(old, row) : 'filled';
    if (!old && row.open_time > newest) changes.push({ kind: 'closed', row });
    else if (reason !== null) changes.push({ kind: 'revised', row, reason });
  }
  for (const row of known.values()) changes.push({ kind: 'removed', row });
  return changes.sort((a, b) => openTimeOf(a) - openTimeOf(b));
}

const VALUES = ['open', 'high', 'low', 'close', 'volume', 'candle_count', 'expected_count'] as const;

/** Why one row replaces another of the same bar; null when they are equal. */
export function revisionReason(before: BarRow, after: BarRow): RevisionReason | null {
  if (after.candle_count > before.candle_count) return 'filled';
  if (VALUES.some((name) => before[name] !== after[name])) return 'corrected';
  if (before.status !== after.status) return 'settled';
  const names = Object.keys(after) as (keyof BarRow)[];
  return names.some((name) => before[name] !== after[name]) ? 'indicators' : null;
}

function openTimeOf({ row }: BarChange): EpochMs {
  return row.open_time;
}
