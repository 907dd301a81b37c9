import type { Candle } from '../candle/candle.ts';
import type { Revision } from '../slots/slotChange.ts';
import { ABSENCE_CONFIRM_MS, emptySince, type StoredDay } from '../slots/slots.ts';
import { type EpochMs, HOUR_MS } from '../time/time.ts';

/** A bar that was complete by this time after its close is live; a later one is history. */
const LIVE_MS = HOUR_MS;

/** The time span of a bar, half-open. */
export interface BarSpan {
  readonly openTime: EpochMs;
  readonly closeTime: EpochMs;
}

/** What tells when the bars of one series were complete. */
export interface BarEvidence {
  readonly stored: StoredDay;
  /** When the first candle of the series was stored; null in a store of an older version. */
  readonly keptSince: EpochMs | null;
  /** The log of replaced finals; needed only for bars that are late without it. */
  readonly revisions: readonly Revision[];
}

/**
 * Whether a complete bar was complete within an hour of its close, while the series was kept already
 * (docs/truth.md, "Crossovers as events"). Bars of a backfill, an import or a long outage are not. The answer
 * follows from the store alone: it does not depend on when the bar is derived.
 */
export function isLiveBar(bar: BarSpan, { stored, keptSince, revisions }: BarEvidence): boolean {
  if (keptSince !== null && bar.closeTime <= keptSince) return false;
  return completedAt(bar, stored, revisions) <= bar.closeTime + LIVE_MS;
}

/** When the last slot of a complete bar became final or quiet for the first time; Infinity when unknown. */
function completedAt(
  { openTime, closeTime }: BarSpan,
  stored: StoredDay,
  revisions: readonly Revision[],
): EpochMs {
  const isInside = (record: { readonly openTime: EpochMs }) =>
    record.openTime >= openTime && record.openTime < closeTime;
  const finals = new Set<EpochMs>();
  let latest = Number.NEGATIVE_INFINITY;
  for (const candle of stored.candles.filter(isInside)) {
    if (candle.status === 'imported') return Number.POSITIVE_INFINITY;
    if (candle.status !== 'final') continue;
    finals.add(candle.openTime);
    latest = Math.max(latest, firstObserved(candle, revisions));
  }
  const unreadable = new Map(stored.unreadable.map((row) => [row.openTime, row]));
  for (const absence of stored.absences.filter(isInside)) {
    if (finals.has(absence.openTime)) continue;
    const emptyFrom = emptySince(absence, unreadable.get(absence.openTime) ?? null);
    latest = Math.max(latest, emptyFrom + ABSENCE_CONFIRM_MS);
  }
  return latest;
}

/** When history showed the first final of the slot. */
function firstObserved({ openTime, observed }: Candle, revisions: readonly Revision[]): EpochMs {
  const replaced = revisions.filter(
    (revision) => revision.openTime === openTime && revision.before.status === 'final',
  );
  return replaced.reduce((first, { before }) => Math.min(first, before.observed), observed);
}
