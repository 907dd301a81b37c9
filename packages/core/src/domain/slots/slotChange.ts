import type { Absence, Candle } from '../candle/candle.ts';
import { candleText, mergeAbsences, mergeCandles, mergeKey } from '../candle/merge.ts';
import type { EpochMs } from '../time/time.ts';
import { isAbsenceConfirmed } from './slots.ts';

/** What is stored of one slot, or said of it. */
export interface SlotEvidence {
  readonly candle: Candle | null;
  readonly absence: Absence | null;
}

/** What a store has to write so that a slot holds the new evidence as well. */
export interface SlotChange {
  readonly openTime: EpochMs;
  /** The candle to write; null leaves what is stored. */
  readonly candle: Candle | null;
  readonly absence: Absence | null;
  /** The lake can show the difference. */
  readonly visible: boolean;
  /** The final or imported candle that gives way to one with other values. */
  readonly replaced: Candle | null;
}

/** Evidence about the slots of one series, one entry a slot, whatever the order and the repeats it came in. */
export function gatherEvidence(
  candles: Iterable<Candle>,
  absences: Iterable<Absence>,
): Map<EpochMs, SlotEvidence> {
  const slots = new Map<EpochMs, SlotEvidence>();
  for (const candle of candles) {
    const known = slots.get(candle.openTime)?.candle;
    slots.set(candle.openTime, { candle: known ? mergeCandles(known, candle) : candle, absence: null });
  }
  for (const absence of absences) {
    const known = slots.get(absence.openTime);
    slots.set(absence.openTime, {
      candle: known?.candle ?? null,
      absence: known?.absence ? mergeAbsences(known.absence, absence) : absence,
    });
  }
  return slots;
}

/** What new evidence changes in a slot under the merge law; null when it changes nothing, not even `observed`. */
export function changeSlot(openTime: EpochMs, stored: SlotEvidence, told: SlotEvidence): SlotChange | null {
  const candle = told.candle && candleWins(told.candle, stored.candle) ? told.candle : null;
  const absence = told.absence && widerAbsence(told.absence, stored.absence);
  if (candle === null && absence === null) return null;
  const after = { candle: candle ?? stored.candle, absence: absence ?? stored.absence };
  return {
    openTime,
    candle,
    absence,
    visible: lakeText(after) !== lakeText(stored),
    replaced: candle && stored.candle && isRevision(stored.candle, candle) ? stored.candle : null,
  };
}

function candleWins(told: Candle, stored: Candle | null): boolean {
  return stored === null || mergeKey(told) > mergeKey(stored);
}

function widerAbsence(told: Absence, stored: Absence | null): Absence | null {
  if (stored === null) return told;
  const merged = mergeAbsences(stored, told);
  return merged.firstRead === stored.firstRead && merged.lastRead === stored.lastRead ? null : merged;
}

/** Everything that the lake shows of a slot, as text. */
function lakeText({ candle, absence }: SlotEvidence): string {
  const isConfirmed = absence !== null && isAbsenceConfirmed(absence);
  if (candle === null) return isConfirmed ? 'quiet' : '';
  return candle.status === 'provisional' && isConfirmed
    ? `settled ${candleText(candle)}`
    : candleText(candle);
}

function isRevision(before: Candle, after: Candle): boolean {
  return before.status !== 'provisional' && valuesText(before) !== valuesText(after);
}

function valuesText({ open, high, low, close, volume }: Candle): string {
  return [open, high, low, close, volume].join('|');
}
