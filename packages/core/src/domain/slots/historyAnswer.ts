import type { Absence, Candle, CandleValues } from '../candle/candle.ts';
import type { EpochMs } from '../time/time.ts';
import { ABSENCE_CONFIRM_MS } from './slots.ts';

/**
 * A row read this long after its close is final even when the answer holds nothing newer (docs/truth.md,
 * "When a candle is final").
 */
const FINAL_AGE_MS = ABSENCE_CONFIRM_MS;

export interface HistoryAnswer {
  /** Ascending by open time, one per slot. */
  readonly rows: readonly (CandleValues & { readonly openTime: EpochMs })[];
  /** Exchange time at which the request was sent. */
  readonly observed: EpochMs;
  readonly intervalMs: number;
}

/** The closed candles of an answer, final or provisional; the open candle is left out. */
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

/** The absences of those of `slots` that an answer shows empty, between two of its candles. */
export function absencesOf({ rows, observed }: HistoryAnswer, slots: readonly EpochMs[]): readonly Absence[] {
  const first = rows[0];
  const last = rows.at(-1);
  if (!first || !last) return [];
  const shown = new Set(rows.map((row) => row.openTime));
  return slots
    .filter((slot) => slot > first.openTime && slot < last.openTime && !shown.has(slot))
    .map((openTime) => ({ openTime, firstRead: observed, lastRead: observed }));
}
