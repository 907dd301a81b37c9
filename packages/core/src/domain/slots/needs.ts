import type { Absence, Candle, HistoryStart } from '../candle/candle.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../time/time.ts';
import { ABSENCE_CONFIRM_MS, type DaySlots, SlotState } from './slots.ts';

/** A slot is asked for this long after its close: by then the stream has closed it and history shows the next candle. */
export const READ_DELAY_MS = 8_000;
/** Finals are read again this long after their close (design §3, "Finality"). */
export const REREAD_AGES_MS = [HOUR_MS, DAY_MS] as const;
/** A re-read waits this long for a request that it can ride along with. */
export const REREAD_PATIENCE_MS = 30 * MINUTE_MS;
/** A final that history no longer shows is not asked for for ever. */
const REREAD_GIVE_UP_MS = 2 * DAY_MS;

/** What history is to be asked for, of one stretch of one series. Open times ascend. */
export interface Needs {
  /** Slots worth a request now. */
  readonly ask: readonly EpochMs[];
  /** Finals due for a second look: they ride along with other requests. */
  readonly reread: readonly EpochMs[];
  /** Those of them that have waited long enough to be worth a request of their own. */
  readonly overdue: readonly EpochMs[];
  /** Missing and provisional slots, those that wait for a confirmation included. */
  readonly missing: readonly EpochMs[];
  readonly provisional: readonly EpochMs[];
  /** Of those, the ones that history has said once to be empty. */
  readonly confirming: readonly EpochMs[];
  /** The first moment at which a waiting slot can be asked for; null when none waits. */
  readonly waitUntil: EpochMs | null;
}

export interface NeedsInput {
  readonly slots: DaySlots;
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
  readonly historyStart: HistoryStart;
  /** Slots that open in [from, to) count. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Exchange time. */
  readonly now: EpochMs;
  /** Whether missing slots are asked for, or only provisional ones. */
  readonly fillGaps: boolean;
  /** For each of {@link REREAD_AGES_MS}: finals that open later than this have not been read again yet. Null: no final is. */
  readonly readAgain: readonly EpochMs[] | null;
}

/** Which slots of a day history is to be asked for at `now`. */
export function needsOf(input: NeedsInput): Needs {
  const { slots, from, to, now } = input;
  const absences = new Map(input.absences.map((absence) => [absence.openTime, absence]));
  const ask: EpochMs[] = [];
  const missing: EpochMs[] = [];
  const provisional: EpochMs[] = [];
  const confirming: EpochMs[] = [];
  let waitUntil: EpochMs | null = null;
  for (let index = 0; index < slots.length; index += 1) {
    const state = slots.state[index];
    if (state !== SlotState.missing && state !== SlotState.provisional) continue;
    const openTime = slots.day + index * slots.intervalMs;
    if (openTime < from || openTime >= to) continue;
    (state === SlotState.missing ? missing : provisional).push(openTime);
    const saidEmpty = emptySince(openTime, state, absences.get(openTime), input.historyStart);
    if (saidEmpty !== null) confirming.push(openTime);
    if (state === SlotState.missing && !input.fillGaps) continue;
    const askAt =
      saidEmpty === null ? openTime + slots.intervalMs + READ_DELAY_MS : saidEmpty + ABSENCE_CONFIRM_MS;
    if (askAt <= now) ask.push(openTime);
    else waitUntil = Math.min(waitUntil ?? askAt, askAt);
  }
  const due = dueAgain(input);
  return {
    ask,
    reread: due.map((slot) => slot.openTime),
    overdue: due.filter((slot) => slot.since + REREAD_PATIENCE_MS <= now).map((slot) => slot.openTime),
    missing,
    provisional,
    confirming,
    waitUntil,
  };
}

/** One day's needs after another's: `later` is of a later day. */
export function joinNeeds(earlier: Needs, later: Needs): Needs {
  const waits = [earlier.waitUntil, later.waitUntil].filter((wait) => wait !== null);
  return {
    ask: [...earlier.ask, ...later.ask],
    reread: [...earlier.reread, ...later.reread],
    overdue: [...earlier.overdue, ...later.overdue],
    missing: [...earlier.missing, ...later.missing],
    provisional: [...earlier.provisional, ...later.provisional],
    confirming: [...earlier.confirming, ...later.confirming],
    waitUntil: waits.length > 0 ? Math.min(...waits) : null,
  };
}

export const NO_NEEDS: Needs = {
  ask: [],
  reread: [],
  overdue: [],
  missing: [],
  provisional: [],
  confirming: [],
  waitUntil: null,
};

/** When history first said that the slot is empty, null when it never did. */
function emptySince(
  openTime: EpochMs,
  state: SlotState,
  absence: Absence | undefined,
  start: HistoryStart,
): EpochMs | null {
  if (absence) return absence.firstRead;
  const pending = start.pending;
  return state === SlotState.missing && pending && openTime < pending.firstAvailable ? pending.read : null;
}

/** Finals whose last read was before one of the re-read ages that has passed by now, and since when they are due. */
function dueAgain(input: NeedsInput): readonly { openTime: EpochMs; since: EpochMs }[] {
  const { slots, candles, from, to, now, readAgain } = input;
  const due: { openTime: EpochMs; since: EpochMs }[] = [];
  if (!readAgain) return due;
  for (const { openTime, status, observed } of candles) {
    if (status !== 'final' || openTime < from || openTime >= to) continue;
    const close = openTime + slots.intervalMs;
    if (close + REREAD_GIVE_UP_MS <= now) continue;
    const ages = REREAD_AGES_MS.filter((_, index) => openTime > (readAgain[index] ?? 0));
    const since = ages.map((age) => close + age).find((at) => observed < at && at <= now);
    if (since !== undefined) due.push({ openTime, since });
  }
  return due;
}
