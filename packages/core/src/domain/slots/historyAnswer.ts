import type { Absence, Candle, CandleValues } from '../candle/candle.ts';
import { candleText } from '../candle/merge.ts';
import type { EpochMs } from '../time/time.ts';
import { ABSENCE_CONFIRM_MS } from './slots.ts';

/** A history row this long after its close is final even when nothing newer stands beside it (design §3, "Finality"). */
const FINAL_AGE_MS = ABSENCE_CONFIRM_MS;

export interface HistoryAnswer {
  /** Ascending by open time, one per slot. */
  readonly rows: readonly (CandleValues & { readonly openTime: EpochMs })[];
  /** Exchange time at which the request was sent. */
  readonly observed: EpochMs;
  readonly intervalMs: number;
}

/** The closed candles that an answer shows, final or provisional; the open candle is left out. */
export function candlesOf({ rows, observed, intervalMs }: HistoryAnswer): readonly Candle[] {
  const newest = rows.at(-1)?.openTime ?? 0;
  const closed = rows.filter((row) => row.openTime + intervalMs <= observed);
  return closed.map((row) => {
    const final = row.openTime < newest || observed - (row.openTime + intervalMs) >= FINAL_AGE_MS;
    return {
      ...row,
      status: final ? 'final' : 'provisional',
      source: 'history',
      observed: final ? observed : 0,
    };
  });
}

/** What an answer says of those of `slots` that it shows empty between two of its candles. */
export function absencesOf({ rows, observed }: HistoryAnswer, slots: readonly EpochMs[]): readonly Absence[] {
  const first = rows[0];
  const last = rows.at(-1);
  if (!first || !last) return [];
  const shown = new Set(rows.map((row) => row.openTime));
  return slots
    .filter((slot) => slot > first.openTime && slot < last.openTime && !shown.has(slot))
    .map((openTime) => ({ openTime, firstRead: observed, lastRead: observed }));
}

/**
 * The candles of an answer that are worth a write: those of the `unresolved` slots, whose confirmation counts, and those that differ from
 * what is stored. A later look at an equal final would cost a write and tell nothing.
 */
export function worthWriting(
  candles: readonly Candle[],
  unresolved: ReadonlySet<EpochMs>,
  stored: ReadonlyMap<EpochMs, Candle>,
): readonly Candle[] {
  return candles.filter((candle) => {
    const known = stored.get(candle.openTime);
    return !known || unresolved.has(candle.openTime) || candleText(known) !== candleText(candle);
  });
}
