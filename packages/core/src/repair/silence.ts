import type { HistoryAnswer } from '../domain/slots/historyAnswer.ts';
import { type EpochMs, HOUR_MS } from '../domain/time/time.ts';

/**
 * A market that has been silent for this long is closed. Open markets were never seen without a row for more
 * than five minutes; closed ones have none for 50 hours and more (docs/bingx.md, "Holes and retention").
 */
const CLOSED_MS = HOUR_MS;
/** The same in candles, for long intervals: a slow replica may lack the newest row. */
const CLOSED_SLOTS = 3;

/**
 * Where the silence at the end of an answer begins: after its newest row, readable or not, or with the
 * requested range when it holds none. Null when the range ends before the newest closed slot.
 */
export function silenceStart(
  { rows, unreadable, observed, intervalMs }: HistoryAnswer,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
): EpochMs | null {
  if (to < observed - (observed % intervalMs)) return null;
  const newest = Math.max(rows.at(-1)?.openTime ?? 0, unreadable.at(-1) ?? 0);
  return newest > 0 ? newest + intervalMs : from;
}

/** Whether a market is closed at `now`, given where its silence begins. */
export function isMarketClosed(silentFrom: EpochMs, now: EpochMs, intervalMs: number): boolean {
  return now - silentFrom >= Math.max(CLOSED_MS, CLOSED_SLOTS * intervalMs);
}
