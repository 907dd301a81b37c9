import type { Reads } from '../candle/candle.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../time/time.ts';
import { looksOf } from './laterLook.ts';
import type { SeriesRecord } from './seriesRecord.ts';
import { EMPTY_SLOT, gatherEvidence, type SlotRecords, withoutFuture } from './slotChange.ts';
import { ABSENCE_CONFIRM_MS, emptySince, isSettled, type SlotEvidence, slotState } from './slots.ts';

/**
 * A slot is asked for this long after its close: by then the stream has closed it and history shows the next
 * candle.
 */
export const READ_DELAY_MS = 8_000;

/**
 * An unreadable row is read again this long after the first read of it, then every {@link
 * UNREADABLE_READ_MS}.
 */
const UNREADABLE_READS_MS = [1, 6, 36].map((minutes) => minutes * MINUTE_MS);
const UNREADABLE_READ_MS = HOUR_MS;

/** What the store holds of slots that are not settled, by open time, ascending. */
export type UnsettledSlots = ReadonlyMap<EpochMs, SlotEvidence>;

/**
 * What is not settled in a stretch of a series, and what of it history is to be asked for now. Open times
 * ascend.
 */
export interface Needs {
  /** Slots worth a request now. */
  readonly ask: readonly EpochMs[];
  /** Slots without a candle, including those that wait for a confirmation. */
  readonly missing: readonly EpochMs[];
  /** Slots with a provisional candle, including those that wait for a confirmation. */
  readonly provisional: readonly EpochMs[];
  /** Missing and provisional slots that history has shown to be empty once. */
  readonly confirming: readonly EpochMs[];
  /** Missing and provisional slots whose row history holds and that can't be read. */
  readonly unreadable: readonly EpochMs[];
  /** Settled slots without a final candle that are due to be looked at again. */
  readonly looks: readonly EpochMs[];
  /**
   * Slots before a start of history that waits for its second answer; null when there are none. Nothing is
   * stored of them, they may be years, and they are in none of the lists.
   */
  readonly beforeStart: { readonly first: EpochMs; readonly slots: number } | null;
  /** When the first of the waiting slots can be asked for; null when none waits. */
  readonly waitUntil: EpochMs | null;
}

export const NO_NEEDS: Needs = {
  ask: [],
  missing: [],
  provisional: [],
  confirming: [],
  unreadable: [],
  looks: [],
  beforeStart: null,
  waitUntil: null,
};

export interface StoredStretch extends SlotRecords {
  /** Slots that open in [from, to) and have closed; both on the grid. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly intervalMs: number;
  readonly record: SeriesRecord;
  /** Exchange time. */
  readonly now: EpochMs;
}

/** The slots of a stretch that are not settled by what is stored of them. */
export function findUnsettled(stretch: StoredStretch): UnsettledSlots {
  const { from, to, intervalMs, record, now } = stretch;
  const stored = gatherEvidence([stretch]);
  const unsettled = new Map<EpochMs, SlotEvidence>();
  for (let openTime = from; openTime < to; openTime += intervalMs) {
    const evidence = withoutFuture(stored.get(openTime) ?? EMPTY_SLOT, now);
    if (!isSlotSettled(openTime, evidence, record)) unsettled.set(openTime, evidence);
  }
  return unsettled;
}

/** The settled slots of a stretch that history showed empty and that are due to be looked at again. */
export function findDueLooks(stretch: StoredStretch): readonly EpochMs[] {
  const { from, to, record, now } = stretch;
  const { launchTime, historyStart } = record;
  const { firstAvailable, pending } = historyStart;
  // Below a start that waits for its confirmation, history has just shown nothing.
  const isWaiting = pending !== null && now < pending.read + ABSENCE_CONFIRM_MS;
  const lowest = Math.max(from, isWaiting ? pending.firstAvailable : from);
  return [...looksOf(stretch, { launchTime, firstAvailable })]
    .filter(([openTime, look]) => look <= now && openTime >= lowest && openTime < to)
    .map(([openTime]) => openTime)
    .sort((a, b) => a - b);
}

/** Whether a closed slot is settled by its evidence and by what is known of the series. */
export function isSlotSettled(openTime: EpochMs, evidence: SlotEvidence, record: SeriesRecord): boolean {
  const { firstAvailable } = record.historyStart;
  return isSettled(slotState(openTime, evidence, { launchTime: record.launchTime, firstAvailable }));
}

export interface NeedsInput {
  readonly unsettled: UnsettledSlots;
  readonly looks: readonly EpochMs[];
  readonly intervalMs: number;
  readonly record: SeriesRecord;
  /** Exchange time. */
  readonly now: EpochMs;
  /** Whether missing slots are asked for, or only provisional ones. */
  readonly fillGaps: boolean;
}

/** Which of the unsettled slots history is to be asked for at `now`. */
export function needsOf({ unsettled, looks, intervalMs, record, now, fillGaps }: NeedsInput): Needs {
  const ask: EpochMs[] = [];
  const missing: EpochMs[] = [];
  const provisional: EpochMs[] = [];
  const confirming: EpochMs[] = [];
  const unreadable: EpochMs[] = [];
  let waitUntil: EpochMs | null = null;
  for (const [openTime, evidence] of unsettled) {
    (evidence.candle === null ? missing : provisional).push(openTime);
    const shownEmpty = firstShownEmpty(openTime, evidence, record);
    const isUnreadable = isLastReadUnreadable(evidence);
    if (isUnreadable) unreadable.push(openTime);
    else if (shownEmpty !== null) confirming.push(openTime);
    if (evidence.candle === null && !fillGaps) continue;
    let askAt = openTime + intervalMs + READ_DELAY_MS;
    if (isUnreadable) askAt = nextUnreadableRead(evidence.unreadable);
    else if (shownEmpty !== null) askAt = shownEmpty + ABSENCE_CONFIRM_MS;
    if (askAt <= now) ask.push(openTime);
    else waitUntil = Math.min(waitUntil ?? askAt, askAt);
  }
  const lists = { ask, missing, provisional, confirming, unreadable, looks: fillGaps ? looks : [] };
  return { ...lists, beforeStart: null, waitUntil };
}

/** All slots to ask history for now, ascending: unsettled ones, and looks at settled ones. */
export function slotsToAsk({ ask, looks }: Pick<Needs, 'ask' | 'looks'>): readonly EpochMs[] {
  return looks.length === 0 ? ask : [...ask, ...looks].sort((a, b) => a - b);
}

/** Whether the last read of a slot that said anything of it showed a row that can't be read. */
function isLastReadUnreadable(slot: SlotEvidence): slot is SlotEvidence & { readonly unreadable: Reads } {
  const { absence, unreadable } = slot;
  return unreadable !== null && unreadable.lastRead >= (absence?.lastRead ?? 0);
}

function nextUnreadableRead({ firstRead, lastRead }: Reads): EpochMs {
  const planned = UNREADABLE_READS_MS.map((afterMs) => firstRead + afterMs);
  return planned.find((read) => read > lastRead) ?? lastRead + UNREADABLE_READ_MS;
}

/** The needs of several stretches, which ascend. */
export function joinNeeds(parts: readonly Needs[]): Needs {
  const waits = parts.flatMap(({ waitUntil }) => waitUntil ?? []);
  return {
    ask: parts.flatMap(({ ask }) => ask),
    missing: parts.flatMap(({ missing }) => missing),
    provisional: parts.flatMap(({ provisional }) => provisional),
    confirming: parts.flatMap(({ confirming }) => confirming),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
    looks: parts.flatMap(({ looks }) => looks),
    beforeStart: parts.find(({ beforeStart }) => beforeStart !== null)?.beforeStart ?? null,
    waitUntil: waits.length > 0 ? waits.reduce((one, other) => Math.min(one, other)) : null,
  };
}

/**
 * Nothing is stored of the slots before this instant, and history is not asked for them at `now`: it begins
 * later, as two answers have shown, or one that can't be confirmed yet. -Infinity when all may be asked for.
 */
export function startOfNeeds({ firstSlot, historyStart }: SeriesRecord, now: EpochMs): EpochMs {
  const { firstAvailable, pending } = historyStart;
  const isWaiting = pending !== null && now < pending.read + ABSENCE_CONFIRM_MS;
  const start = isWaiting ? Math.max(pending.firstAvailable, firstAvailable ?? 0) : firstAvailable;
  if (start === null) return Number.NEGATIVE_INFINITY;
  return Math.min(start, firstSlot ?? start);
}

/** The needs of a stretch that a survey left out because it ends before {@link startOfNeeds}. */
export function needsBeforeStart(
  { historyStart: { firstAvailable, pending } }: SeriesRecord,
  { from, to, intervalMs }: Pick<StoredStretch, 'from' | 'to' | 'intervalMs'>,
): Needs {
  const first = Math.max(from, firstAvailable ?? from);
  if (first >= to) return NO_NEEDS;
  const beforeStart = { first, slots: Math.ceil((to - first) / intervalMs) };
  return { ...NO_NEEDS, beforeStart, waitUntil: (pending?.read ?? 0) + ABSENCE_CONFIRM_MS };
}

/** When history first showed that the slot is empty; null when it never did. */
function firstShownEmpty(
  openTime: EpochMs,
  { absence, unreadable }: SlotEvidence,
  { historyStart: { pending } }: SeriesRecord,
): EpochMs | null {
  if (absence !== null) return emptySince(absence, unreadable);
  return pending && openTime < pending.firstAvailable ? pending.read : null;
}
