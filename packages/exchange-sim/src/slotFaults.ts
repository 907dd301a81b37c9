import type { EpochMs } from '@candlelake/core';
import type { BadValue, ClosingHours, Hole, Replica, SlotRange } from './faultParts.ts';
import type { Faults } from './faults.ts';
import { draw, seedOf } from './noise.ts';

/** The slot that a fault is asked about. */
export interface Slot {
  readonly symbol: string;
  readonly openTime: EpochMs;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** 1970-01-01 was a Thursday; Sunday is 0. */
const EPOCH_WEEKDAY = 4;

/** Whether history or the stream never shows a candle of `slot`: it is in a hole, or its market is closed. */
export function isHidden(faults: Faults, where: 'history' | 'stream', slot: Slot): boolean {
  return (
    faults.holes.some((hole) => isIn(hole, where) && covers(hole, slot)) ||
    faults.closingHours.some((hours) => isClosed(hours, slot))
  );
}

/** Whether history still shows a small, early view of a closed slot at `time`. */
export function isStale(
  faults: Faults,
  slot: Slot & { readonly closeTime: EpochMs },
  time: EpochMs,
): boolean {
  return faults.stale.some(
    (stale, index) =>
      covers(stale, slot) &&
      (stale.afterMs === null || time < slot.closeTime + stale.afterMs) &&
      draw(index, 30, slot.openTime) < (stale.share ?? 1),
  );
}

/** The bad value that the row or frame of `slot` always has; null for none. */
export function badValueOf(faults: Faults, where: 'history' | 'stream', slot: Slot): BadValue | null {
  return faults.badSlots.find((bad) => isIn(bad, where) && covers(bad, slot))?.kind ?? null;
}

/** Whether a replica does not have `slot` at `time`. */
export function isMissingIn(replica: Replica, slot: Slot, time: EpochMs): boolean {
  if (slot.openTime < time - (replica.keepsMs ?? Infinity)) return true;
  if (replica.holes?.some((hole) => covers(hole, slot))) return true;
  return draw(seedOf(60, slot.symbol), slot.openTime) < (replica.missingShare ?? 0);
}

function isIn(hole: Hole, where: 'history' | 'stream'): boolean {
  return hole.in === 'both' || hole.in === where;
}

function isClosed(hours: ClosingHours, { symbol, openTime }: Slot): boolean {
  if (hours.symbol !== undefined && hours.symbol !== symbol) return false;
  const weekday = (Math.floor(openTime / DAY_MS) + EPOCH_WEEKDAY) % 7;
  if (hours.weekdays && !hours.weekdays.includes(weekday)) return false;
  const minute = (openTime % DAY_MS) / MINUTE_MS;
  return minute >= hours.fromMinute && minute < hours.toMinute;
}

function covers(range: Partial<SlotRange>, slot: Slot): boolean {
  if (range.symbol !== undefined && range.symbol !== slot.symbol) return false;
  return slot.openTime >= (range.from ?? -Infinity) && slot.openTime < (range.to ?? Infinity);
}
