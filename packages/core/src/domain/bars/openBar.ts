import type { Candle, CandleUpdate } from '../candle/candle.ts';
import { buildDaySlots, type DayInput, type DaySlots, SlotState } from '../slots/slots.ts';
import { intervalMs } from '../time/interval.ts';
import { DAY_MS } from '../time/time.ts';
import { aggregateBars, type BarColumns } from './bars.ts';

/** The candles of a day, and the last update of the open one; null when none has arrived. */
export interface OpenDayInput extends DayInput {
  readonly update: CandleUpdate | null;
}

/**
 * The bars of a day, the last of which is the open one if it has a candle yet. The open bar is what the lake
 * gets if the open candle closes with its last update and the slots to come stay without a trade. So the open
 * bar of a bar's last candle equals the bar in the lake, unless history corrects a candle. `asOf` is the end
 * of the last closed slot. A short bar is among them from its close on.
 */
export function aggregateWithOpen(input: OpenDayInput, timeframeMinutes: number): BarColumns {
  return aggregateBars(
    slotsWithOpen(input),
    timeframeMinutes,
    input.day + DAY_MS + intervalMs(input.interval),
  );
}

/** The session with the slots to come quiet: an open bar lacks only candles of slots that have closed. */
export function withQuietRest(slots: DaySlots): DaySlots {
  return {
    ...slots,
    state: slots.state.map((one) => (one === SlotState.notYet ? SlotState.quiet : one)),
  };
}

/** The slots of the day with the open candle as a provisional one; the slots after it lack nothing. */
function slotsWithOpen({ update, ...input }: OpenDayInput): DaySlots {
  const open = openCandle(input, update);
  const stored = open ? { ...input.stored, candles: withCandle(input.stored.candles, open) } : input.stored;
  const asOf = open ? open.openTime + intervalMs(input.interval) : input.asOf;
  return withQuietRest(buildDaySlots({ ...input, stored, asOf }));
}

/** The update as a candle; null when its slot is not of this day or has closed. */
function openCandle({ day, asOf, interval }: DayInput, update: CandleUpdate | null): Candle | null {
  if (update === null || update.openTime < day || update.openTime >= day + DAY_MS) return null;
  if (update.openTime + intervalMs(interval) <= asOf) return null;
  const { openTime, open, high, low, close, volume } = update;
  return { openTime, open, high, low, close, volume, status: 'provisional', source: 'stream', observed: 0 };
}

/** In place of what is stored of the slot. */
function withCandle(stored: readonly Candle[], open: Candle): readonly Candle[] {
  return [...stored.filter(({ openTime }) => openTime !== open.openTime), open];
}
