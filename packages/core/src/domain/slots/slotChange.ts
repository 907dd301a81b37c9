import type { Absence, Candle, CandleValues, Reads, Series, Unreadable } from '../candle/candle.ts';
import { CLOCK_TOLERANCE_MS } from '../candle/closing.ts';
import { candleText, mergeCandles, mergeKey, mergeReads } from '../candle/merge.ts';
import type { EpochMs } from '../time/time.ts';
import { isShownEmpty, type SlotEvidence, type StoredDay } from './slots.ts';

/** A slot before and after a write. A part that the write leaves alone is the same object in both. */
export interface SlotChange {
  readonly openTime: EpochMs;
  readonly before: SlotEvidence;
  readonly after: SlotEvidence;
}

/** A final or imported candle that was replaced by one with other values: an entry of the append-only log. */
export interface Revision {
  readonly series: Series;
  readonly openTime: EpochMs;
  /** Process clock at the write. */
  readonly at: EpochMs;
  readonly before: Candle;
  readonly after: Candle;
}

export const EMPTY_SLOT: SlotEvidence = { candle: null, absence: null, unreadable: null };

/** Records of any slots, in any order and with repeats. */
export interface SlotRecords {
  readonly candles?: readonly Candle[];
  readonly absences?: readonly Absence[];
  readonly unreadable?: readonly Unreadable[];
}

/** A day of which nothing is stored. */
export const EMPTY_DAY: StoredDay = { candles: [], absences: [], unreadable: [] };

/** The evidence of each slot that the records name. */
export function gatherEvidence(parts: readonly SlotRecords[]): Map<EpochMs, SlotEvidence> {
  const slots = new Map<EpochMs, SlotEvidence>();
  for (const { candles = [], absences = [], unreadable = [] } of parts) {
    for (const found of candles) {
      const known = slots.get(found.openTime) ?? EMPTY_SLOT;
      const candle = known.candle ? mergeCandles(known.candle, found) : found;
      slots.set(found.openTime, { candle, absence: known.absence, unreadable: known.unreadable });
    }
    for (const found of absences) {
      const known = slots.get(found.openTime) ?? EMPTY_SLOT;
      const absence = known.absence ? mergeReads(known.absence, found) : found;
      slots.set(found.openTime, { candle: known.candle, absence, unreadable: known.unreadable });
    }
    for (const found of unreadable) {
      const known = slots.get(found.openTime) ?? EMPTY_SLOT;
      const reads = known.unreadable ? mergeReads(known.unreadable, found) : found;
      slots.set(found.openTime, { candle: known.candle, absence: known.absence, unreadable: reads });
    }
  }
  return slots;
}

/** The slots of one day as a store returns them. */
export function toStoredDay(slots: Iterable<readonly [EpochMs, SlotEvidence]>): StoredDay {
  const evidence = [...slots].sort(([a], [b]) => a - b).map(([, slot]) => slot);
  return {
    candles: evidence.flatMap(({ candle }) => candle ?? []),
    absences: evidence.flatMap(({ absence }) => absence ?? []),
    unreadable: evidence.flatMap(({ unreadable }) => unreadable ?? []),
  };
}

/**
 * The evidence without what was read in the future, by a clock that was wrong then: a final counts as a
 * provisional candle, which is asked for again and gives way to any final. `now` is exchange time.
 */
export function withoutFuture(evidence: SlotEvidence, now: EpochMs): SlotEvidence {
  const latest = now + CLOCK_TOLERANCE_MS;
  const isFuture = (reads: Reads | null) => reads !== null && reads.lastRead > latest;
  const { candle, absence, unreadable } = evidence;
  const isLate = candle !== null && candle.observed > latest;
  if (!isLate && !isFuture(absence) && !isFuture(unreadable)) return evidence;
  return {
    candle: isLate ? { ...candle, status: 'provisional', observed: 0 } : candle,
    absence: isFuture(absence) ? null : absence,
    unreadable: isFuture(unreadable) ? null : unreadable,
  };
}

/** What a slot holds after new evidence under the merge law; null when that is what it holds already. */
export function mergeEvidence(stored: SlotEvidence, found: SlotEvidence): SlotEvidence | null {
  const candle = found.candle && candleWins(found.candle, stored.candle) ? found.candle : stored.candle;
  const absence = found.absence ? widerReads(found.absence, stored.absence) : stored.absence;
  const unreadable = found.unreadable ? widerReads(found.unreadable, stored.unreadable) : stored.unreadable;
  const isSame = candle === stored.candle && absence === stored.absence && unreadable === stored.unreadable;
  return isSame ? null : { candle, absence, unreadable };
}

/** The candle row that a change writes; null when the stored one stays. */
export function candleToWrite({ before, after }: SlotChange): Candle | null {
  return after.candle === before.candle ? null : after.candle;
}

/** The absence row that a change writes; null when the stored one stays. */
export function absenceToWrite({ before, after }: SlotChange): Absence | null {
  return after.absence === before.absence ? null : after.absence;
}

/** The record of an unreadable row that a change writes; null when the stored one stays. */
export function unreadableToWrite({ before, after }: SlotChange): Unreadable | null {
  return after.unreadable === before.unreadable ? null : after.unreadable;
}

/**
 * The log entry of a change that replaces a final or imported candle by other values, else null. `at`:
 * process clock.
 */
export function revisionOf(
  { series, openTime, before, after }: SlotChange & { readonly series: Series },
  at: EpochMs,
): Revision | null {
  if (before.candle === null || after.candle === null || before.candle.status === 'provisional') return null;
  if (valuesText(before.candle) === valuesText(after.candle)) return null;
  return { series, openTime, at, before: before.candle, after: after.candle };
}

/** Whether the lake shows the slot differently after the change. */
export function changesLake({ before, after }: Pick<SlotChange, 'before' | 'after'>): boolean {
  return lakeText(after) !== lakeText(before);
}

function candleWins(found: Candle, stored: Candle | null): boolean {
  return stored === null || mergeKey(found) > mergeKey(stored);
}

function widerReads<T extends Reads>(found: T, stored: T | null): T {
  if (stored === null) return found;
  const merged = mergeReads(stored, found);
  return merged.firstRead === stored.firstRead && merged.lastRead === stored.lastRead ? stored : merged;
}

/** Everything that the lake shows of a slot, as text. */
function lakeText(slot: SlotEvidence): string {
  const { candle } = slot;
  const isEmpty = isShownEmpty(slot);
  if (candle === null) return isEmpty ? 'quiet' : '';
  return candle.status === 'provisional' && isEmpty ? `settled ${candleText(candle)}` : candleText(candle);
}

/** Prices and volume as text: candles with equal texts have the same values. */
export function valuesText({ open, high, low, close, volume }: CandleValues): string {
  return [open, high, low, close, volume].join('|');
}
