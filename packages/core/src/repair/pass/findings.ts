import { revisionOf } from '../../domain/slots/slotChange.ts';
import { formatInstant } from '../../domain/time/time.ts';
import type { MergedSlot, Report } from '../../ports.ts';

/** Reports a final candle that a merge replaced by one with other values. */
export function reportRevision(report: Report, slot: MergedSlot): void {
  const revision = revisionOf(slot, 0);
  if (revision === null || revision.before.status !== 'final') return;
  const { symbol } = slot.series;
  const { openTime, before, after } = revision;
  report({
    level: 'warn',
    kind: 'revised',
    message: `${symbol}: the exchange changed a final candle`,
    fields: { symbol, openTime, before: before.close, after: after.close },
  });
}

/** Reports slots of one merge whose rows can't be read, each when that is stored of it for the first time. */
export function reportUnreadable(report: Report, merged: readonly MergedSlot[]): void {
  const found = merged.filter(({ before, after }) => before.unreadable === null && after.unreadable !== null);
  if (found.length === 0) return;
  const { series, openTime } = found.reduce((one, other) => (other.openTime < one.openTime ? other : one));
  const { symbol } = series;
  const rows = found.length === 1 ? 'a row that' : `${found.length} rows that`;
  const message = `${symbol}: history holds ${rows} can't be read, the first at ${formatInstant(openTime)}; the slot is not settled and asked for again`;
  report({ level: 'warn', kind: 'unreadable', message, fields: { symbol, slots: found.length, openTime } });
}
