import type { Absence, Candle, Unreadable } from '../candle/candle.ts';
import { type DecimalColumn, decimalColumn } from '../candle/decimal.ts';
import { type Interval, intervalMs } from '../time/interval.ts';
import { DAY_MS, type EpochMs, formatInstant, MINUTE_MS } from '../time/time.ts';

/**
 * The time between two reads of history before the second one confirms the first. Replicas of the exchange
 * disagreed about rows for minutes (docs/bingx.md, "REST candles"), so an immediate second read may be
 * answered by the same stale replica.
 */
export const ABSENCE_CONFIRM_MS = 10 * MINUTE_MS;

/** The states of a slot: docs/truth.md, "States of a slot". */
export const SlotState = {
  missing: 0,
  final: 1,
  provisional: 2,
  quiet: 3,
  unavailable: 4,
  notExpected: 5,
  notYet: 6,
} as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

/**
 * One session of one series as columns; index i is the slot that opens `i * intervalMs` after `day`. Prices
 * become doubles here. A slot without a candle holds NaN.
 */
export interface DaySlots {
  readonly day: EpochMs;
  readonly intervalMs: number;
  /** The number of slots in a session: a day divided by the interval. */
  readonly length: number;
  /** {@link SlotState} of each slot. */
  readonly state: Uint8Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: DecimalColumn;
  /** {@link CANDLE_SOURCES} index of each candle. */
  readonly source: Uint8Array;
}

export const CANDLE_SOURCES = ['history', 'stream', 'import'] as const;

/** What is stored of one slot, or what new facts say of it. */
export interface SlotEvidence {
  readonly candle: Candle | null;
  readonly absence: Absence | null;
  readonly unreadable: Unreadable | null;
}

/** What is stored of one UTC day: at most one record of each kind for a slot, ascending by open time. */
export interface StoredDay {
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
  readonly unreadable: readonly Unreadable[];
}

/** What the slots of one series and day follow from. */
export interface DayInput extends ExpectedRange {
  readonly interval: Interval;
  /** Start of the UTC day. */
  readonly day: EpochMs;
  readonly stored: StoredDay;
  /** The watermark. Slots that close after it are `notYet`, whatever is stored of them. */
  readonly asOf: EpochMs;
}

/** What decides the state of an empty slot. Instants are epoch ms; null: unknown. */
export interface ExpectedRange {
  readonly launchTime: EpochMs | null;
  readonly firstAvailable: EpochMs | null;
}

/** The state of a closed slot, by what is stored of it. */
export function slotState(
  openTime: EpochMs,
  stored: SlotEvidence,
  { launchTime, firstAvailable }: ExpectedRange,
): SlotState {
  const { candle } = stored;
  const isEmpty = isShownEmpty(stored);
  const isBeforeStart = firstAvailable !== null && openTime < firstAvailable;
  if (candle !== null) {
    const isOpen = candle.status === 'provisional' && !isEmpty && !isBeforeStart;
    return isOpen ? SlotState.provisional : SlotState.final;
  }
  if (launchTime !== null && openTime < launchTime) return SlotState.notExpected;
  if (isEmpty) return SlotState.quiet;
  return isBeforeStart ? SlotState.unavailable : SlotState.missing;
}

/**
 * Whether a slot in this state needs nothing more: final, quiet, unavailable or not expected. History is
 * asked for it only to look again.
 */
export function isSettled(state: SlotState): boolean {
  return (
    state === SlotState.final ||
    state === SlotState.quiet ||
    state === SlotState.unavailable ||
    state === SlotState.notExpected
  );
}

/**
 * Whether reads at least {@link ABSENCE_CONFIRM_MS} apart showed no row. Reads before an unreadable row of
 * the slot do not count: it is evidence of a candle.
 */
export function isShownEmpty({ absence, unreadable }: Omit<SlotEvidence, 'candle'>): boolean {
  return absence !== null && absence.lastRead - emptySince(absence, unreadable) >= ABSENCE_CONFIRM_MS;
}

/** From when on the reads of an absence count. */
export function emptySince({ firstRead }: Absence, unreadable: Unreadable | null): EpochMs {
  return Math.max(firstRead, unreadable?.lastRead ?? firstRead);
}

/**
 * The session of one series as columns. Throws RangeError for a record that is off the grid or of another
 * day.
 */
export function buildDaySlots(input: DayInput): DaySlots {
  const slotMs = intervalMs(input.interval);
  const length = DAY_MS / slotMs;
  const column = () => new Float64Array(length).fill(Number.NaN);
  const slots = { open: column(), high: column(), low: column(), close: column() };
  const source = new Uint8Array(length);
  const volumes = new Array<string | undefined>(length).fill(undefined);
  const closed = Math.min(Math.max(Math.floor((input.asOf - input.day) / slotMs), 0), length);
  for (const candle of input.stored.candles) {
    const index = slotIndex(candle, input.day, slotMs);
    if (index >= closed) continue;
    slots.open[index] = Number(candle.open);
    slots.high[index] = Number(candle.high);
    slots.low[index] = Number(candle.low);
    slots.close[index] = Number(candle.close);
    source[index] = CANDLE_SOURCES.indexOf(candle.source);
    volumes[index] = candle.volume;
  }
  return {
    day: input.day,
    intervalMs: slotMs,
    length,
    state: statesOf(input, closed),
    ...slots,
    volume: decimalColumn(volumes),
    source,
  };
}

/**
 * The session as it was when its first `closed` slots had closed: the slots after them are `notYet` and hold
 * nothing.
 */
export function slotsUntil(slots: DaySlots, closed: number): DaySlots {
  const until = (column: Float64Array) => column.slice().fill(Number.NaN, closed);
  const { units, scale } = slots.volume;
  return {
    ...slots,
    state: slots.state.slice().fill(SlotState.notYet, closed),
    open: until(slots.open),
    high: until(slots.high),
    low: until(slots.low),
    close: until(slots.close),
    volume: {
      scale,
      units: units instanceof Float64Array ? units.slice().fill(0, closed) : units.slice().fill(0n, closed),
    },
    source: slots.source.slice().fill(0, closed),
  };
}

/** The states of the session's slots, of which the first `closed` have closed. */
function statesOf(input: DayInput, closed: number): Uint8Array {
  const slotMs = intervalMs(input.interval);
  const states = new Uint8Array(DAY_MS / slotMs).fill(SlotState.notYet);
  const candles = new Array<Candle | null>(states.length).fill(null);
  const absences = new Array<Absence | null>(states.length).fill(null);
  const unreadable = new Array<Unreadable | null>(states.length).fill(null);
  for (const candle of input.stored.candles) candles[slotIndex(candle, input.day, slotMs)] = candle;
  for (const absence of input.stored.absences) absences[slotIndex(absence, input.day, slotMs)] = absence;
  for (const row of input.stored.unreadable) unreadable[slotIndex(row, input.day, slotMs)] = row;
  for (let index = 0; index < closed; index++) {
    const stored = { candle: candles[index]!, absence: absences[index]!, unreadable: unreadable[index]! };
    states[index] = slotState(input.day + index * slotMs, stored, input);
  }
  return states;
}

function slotIndex(record: { readonly openTime: EpochMs }, day: EpochMs, slotMs: number): number {
  const index = (record.openTime - day) / slotMs;
  if (Number.isInteger(index) && index >= 0 && record.openTime < day + DAY_MS) return index;
  throw new RangeError(
    `record opens at "${formatInstant(record.openTime)}"; expected a slot of the day "${formatInstant(day)}"`,
  );
}
