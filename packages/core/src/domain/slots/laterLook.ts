import type { HistoryStart, Reads } from '../candle/candle.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../time/time.ts';
import { gatherEvidence, type SlotRecords } from './slotChange.ts';
import { type ExpectedRange, isShownEmpty, type SlotEvidence, type StoredDay } from './slots.ts';

/**
 * What history did not show is looked at again this long after the first read (docs/truth.md, "Quiet and
 * unavailable").
 */
const LOOKS_MS = [HOUR_MS, DAY_MS];
/** Looks are made together, on the half hour, so that few requests show many slots. */
const TOGETHER_MS = 30 * MINUTE_MS;
/** The start of history is also looked at again this long after the last read. */
const START_LOOK_MS = 7 * DAY_MS;

/** When the next look after these reads is due; null when all have been made. */
export function nextLook({ firstRead, lastRead }: Reads): EpochMs | null {
  const due = LOOKS_MS.map((afterMs) => firstRead + afterMs).find((look) => lastRead < look);
  return due === undefined ? null : Math.ceil(due / TOGETHER_MS) * TOGETHER_MS;
}

/**
 * When a slot that history showed empty is looked at again; null for any other slot, and after the last look.
 */
export function nextLookAtSlot(slot: SlotEvidence): EpochMs | null {
  const { candle, absence } = slot;
  if (absence === null || !isShownEmpty(slot)) return null;
  return candle === null || candle.status === 'provisional' ? nextLook(absence) : null;
}

/** The slots that are looked at again, with the time. None before the launch or the start of history. */
export function looksOf(
  records: SlotRecords,
  { launchTime, firstAvailable }: ExpectedRange,
): ReadonlyMap<EpochMs, EpochMs> {
  const looks = new Map<EpochMs, EpochMs>();
  if (!records.absences?.length) return looks;
  const expectedFrom = Math.max(launchTime ?? 0, firstAvailable ?? 0);
  for (const [openTime, evidence] of gatherEvidence([records])) {
    const look = nextLookAtSlot(evidence);
    if (look !== null && openTime >= expectedFrom) looks.set(openTime, look);
  }
  return looks;
}

/** When the first slot of a day is looked at again; null when none is. */
export function nextLookOfDay(stored: StoredDay, range: ExpectedRange): EpochMs | null {
  let next: EpochMs | null = null;
  for (const look of looksOf(stored, range).values()) next = Math.min(next ?? look, look);
  return next;
}

/** Whether the known start of history is to be looked at again. `since` is the start of the program. */
export function isStartLookDue(
  { firstAvailable, reads }: HistoryStart,
  { now, since }: { readonly now: EpochMs; readonly since: EpochMs },
): boolean {
  if (firstAvailable === null) return false;
  if (reads === null || reads.lastRead < since || reads.lastRead + START_LOOK_MS <= now) return true;
  return (nextLook(reads) ?? Number.POSITIVE_INFINITY) <= now;
}
