import type { Absence, Candle, CandleValues, Unreadable } from '../candle/candle.ts';
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
  /** Open times of the slots of which it holds refused rows only, ascending. */
  readonly unreadable: readonly EpochMs[];
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

/** The oldest slot for which an answer holds a row, readable or not; null when it holds none. */
export function oldestRow({ rows, unreadable }: HistoryAnswer): EpochMs | null {
  const times = [rows[0]?.openTime, unreadable[0]].filter((time) => time !== undefined);
  return times.length > 0 ? Math.min(...times) : null;
}

/** The newest such slot. */
export function newestRow({ rows, unreadable }: HistoryAnswer): EpochMs | null {
  const times = [rows.at(-1)?.openTime, unreadable.at(-1)].filter((time) => time !== undefined);
  return times.length > 0 ? Math.max(...times) : null;
}

/** Those of `slots` (ascending) that lie before or after all rows of an answer: it proves nothing of them. */
export function slotsOutsideAnswer(answer: HistoryAnswer, slots: readonly EpochMs[]): readonly EpochMs[] {
  const oldest = oldestRow(answer);
  const newest = newestRow(answer);
  if (oldest === null || newest === null) return slots;
  return slots.filter((slot) => slot < oldest || slot > newest);
}

/**
 * The absences of those of `slots` that an answer shows empty, between two of its rows. An answer without any
 * row that can be read is a failure of the exchange and says nothing of a slot.
 */
export function absencesOf(answer: HistoryAnswer, slots: readonly EpochMs[]): readonly Absence[] {
  const { rows, observed } = answer;
  if (rows.length === 0) return [];
  const outside = new Set(slotsOutsideAnswer(answer, slots));
  const shown = new Set(rows.map((row) => row.openTime));
  for (const slot of answer.unreadable) shown.add(slot);
  return slots
    .filter((slot) => !shown.has(slot) && !outside.has(slot))
    .map((openTime) => ({ openTime, firstRead: observed, lastRead: observed }));
}

/**
 * The unreadable rows of those of `slots` that have closed, of an answer that has rows that can be read.
 */
export function unreadableOf(answer: HistoryAnswer, slots: readonly EpochMs[]): readonly Unreadable[] {
  const { rows, observed, intervalMs } = answer;
  if (rows.length === 0) return [];
  const refused = new Set(answer.unreadable);
  return slots
    .filter((slot) => refused.has(slot) && slot + intervalMs <= observed)
    .map((openTime) => ({ openTime, firstRead: observed, lastRead: observed }));
}
