import type { Absence, Candle, Series } from '../candle/candle.ts';
import { CLOCK_TOLERANCE_MS } from '../candle/closing.ts';
import { candleText, mergeAbsences, mergeCandles, mergeKey } from '../candle/merge.ts';
import type { EpochMs } from '../time/time.ts';
import { isAbsenceConfirmed } from './slots.ts';

/** What is stored of one slot, or what new facts say of it. */
export interface SlotEvidence {
  readonly candle: Candle | null;
  readonly absence: Absence | null;
}

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

export const EMPTY_SLOT: SlotEvidence = { candle: null, absence: null };

/** Candles and absences of any slots, in any order and with repeats. */
export interface SlotRecords {
  readonly candles?: readonly Candle[];
  readonly absences?: readonly Absence[];
}

/** What is stored of one UTC day: at most one candle and one absence of each slot, ascending by open time. */
export interface StoredDay {
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
}

/** The evidence of each slot that the records name. */
export function gatherEvidence(parts: readonly SlotRecords[]): Map<EpochMs, SlotEvidence> {
  const slots = new Map<EpochMs, SlotEvidence>();
  for (const { candles = [] } of parts) {
    for (const candle of candles) {
      const known = slots.get(candle.openTime)?.candle;
      slots.set(candle.openTime, { candle: known ? mergeCandles(known, candle) : candle, absence: null });
    }
  }
  for (const { absences = [] } of parts) {
    for (const absence of absences) {
      const known = slots.get(absence.openTime);
      slots.set(absence.openTime, {
        candle: known?.candle ?? null,
        absence: known?.absence ? mergeAbsences(known.absence, absence) : absence,
      });
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
  };
}

/**
 * The evidence with a final that was observed in the future, by a clock that was wrong then, as a provisional
 * candle: it is asked for again, and any final replaces it. `now` is exchange time.
 */
export function withoutFuture(evidence: SlotEvidence, now: EpochMs): SlotEvidence {
  const { candle, absence } = evidence;
  if (candle === null || candle.observed <= now + CLOCK_TOLERANCE_MS) return evidence;
  return { candle: { ...candle, status: 'provisional', observed: 0 }, absence };
}

/** What a slot holds after new evidence under the merge law; null when that is what it holds already. */
export function mergeEvidence(stored: SlotEvidence, found: SlotEvidence): SlotEvidence | null {
  const candle = found.candle && candleWins(found.candle, stored.candle) ? found.candle : stored.candle;
  const absence = found.absence ? widerAbsence(found.absence, stored.absence) : stored.absence;
  return candle === stored.candle && absence === stored.absence ? null : { candle, absence };
}

/** The candle row that a change writes; null when the stored one stays. */
export function candleToWrite({ before, after }: SlotChange): Candle | null {
  return after.candle === before.candle ? null : after.candle;
}

/** The absence row that a change writes; null when the stored one stays. */
export function absenceToWrite({ before, after }: SlotChange): Absence | null {
  return after.absence === before.absence ? null : after.absence;
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

function widerAbsence(found: Absence, stored: Absence | null): Absence {
  if (stored === null) return found;
  const merged = mergeAbsences(stored, found);
  return merged.firstRead === stored.firstRead && merged.lastRead === stored.lastRead ? stored : merged;
}

/** Everything that the lake shows of a slot, as text. */
function lakeText({ candle, absence }: SlotEvidence): string {
  const isConfirmed = absence !== null && isAbsenceConfirmed(absence);
  if (candle === null) return isConfirmed ? 'quiet' : '';
  return candle.status === 'provisional' && isConfirmed
    ? `settled ${candleText(candle)}`
    : candleText(candle);
}

function valuesText({ open, high, low, close, volume }: Candle): string {
  return [open, high, low, close, volume].join('|');
}
