import { sumToDouble } from '../candle/decimal.ts';
import { type DaySlots, SlotState } from '../slots/slots.ts';
import { barCloseTime, barOpenTime, barsPerSession } from '../time/session.ts';
import { type EpochMs, MINUTE_MS } from '../time/time.ts';

/** The statuses of a bar (docs/truth.md, "Indicators"); a column holds the index. */
export const BAR_STATUSES = ['complete', 'provisional', 'short'] as const;
export type BarStatus = (typeof BAR_STATUSES)[number];

/** Bars of one session, one series and one timeframe as columns of equal length, in time order. */
export interface BarColumns {
  readonly length: number;
  /** Index on the session grid: 0…68 for 21m. */
  readonly barIndex: Int32Array;
  /** Epoch ms; doubles because they pass 2^31. */
  readonly openTime: Float64Array;
  readonly closeTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** The nearest double to the exact decimal sum. */
  readonly volume: Float64Array;
  readonly candleCount: Int32Array;
  readonly expectedCount: Int32Array;
  /** Index into {@link BAR_STATUSES}. */
  readonly status: Uint8Array;
  /**
   * 1 where missing or unavailable slots covered a whole bar since the previous bar: indicators start again.
   */
  readonly afterOutage: Uint8Array;
  /** Whether such an outage follows the last bar, or fills the whole session. */
  readonly endsInOutage: boolean;
}

/**
 * Builds the bars of one session that close by `asOf` (epoch ms), the instant that the slots were built with.
 * A bar without a candle does not exist; a short one is left out for one interval after its close. The
 * timeframe must be a multiple of the interval.
 */
export function aggregateBars(slots: DaySlots, timeframeMinutes: number, asOf: EpochMs): BarColumns {
  return aggregateRange(slots, { timeframeMinutes, asOf, first: 0, end: barsPerSession(timeframeMinutes) });
}

/**
 * The bar with this index of the session alone, also a short one, as {@link aggregateBars} builds it when it
 * has closed; no row when it has no candle. Outages before it are not known here.
 */
export function aggregateBar(slots: DaySlots, timeframeMinutes: number, index: number): BarColumns {
  const asOf = Number.POSITIVE_INFINITY;
  return aggregateRange(slots, { timeframeMinutes, asOf, first: index, end: index + 1 });
}

interface BarRange {
  readonly timeframeMinutes: number;
  readonly asOf: EpochMs;
  /** Indexes on the session grid, half-open. */
  readonly first: number;
  readonly end: number;
}

function aggregateRange(slots: DaySlots, { timeframeMinutes, asOf, first, end }: BarRange): BarColumns {
  const capacity = end - first;
  const buffer = new ArrayBuffer(capacity * ROW_BYTES);
  const bars = columnsOn(buffer, capacity, capacity);
  const slotsPerBar = (timeframeMinutes * MINUTE_MS) / slots.intervalMs;
  const counts = new Int32Array(Object.keys(SlotState).length);
  let length = 0;
  let outage = false;
  for (let index = first; index < end; index++) {
    const closeTime = barCloseTime(slots.day, timeframeMinutes, index);
    if (closeTime > asOf) break;
    const from = index * slotsPerBar;
    const to = Math.min(from + slotsPerBar, slots.length);
    counts.fill(0);
    for (let slot = from; slot < to; slot++) counts[slots.state[slot]!]!++;
    const provisional = counts[SlotState.provisional]!;
    const candles = counts[SlotState.final]! + provisional;
    const short = candles + counts[SlotState.quiet]! + counts[SlotState.notExpected]! < to - from;
    if (short && closeTime + slots.intervalMs > asOf) continue;
    if (candles === 0) {
      outage ||= short;
      continue;
    }
    writePrices({ bars, row: length, slots, from, to });
    bars.barIndex[length] = index;
    bars.openTime[length] = barOpenTime(slots.day, timeframeMinutes, index);
    bars.closeTime[length] = closeTime;
    bars.volume[length] = sumToDouble(slots.volume, from, to);
    bars.candleCount[length] = candles;
    bars.expectedCount[length] = to - from - counts[SlotState.notExpected]!;
    bars.status[length] = short ? SHORT : provisional > 0 ? PROVISIONAL : COMPLETE;
    bars.afterOutage[length] = Number(outage);
    outage = false;
    length++;
  }
  return { ...columnsOn(buffer, capacity, length), length, endsInOutage: outage };
}

const COMPLETE = BAR_STATUSES.indexOf('complete');
const PROVISIONAL = BAR_STATUSES.indexOf('provisional');
const SHORT = BAR_STATUSES.indexOf('short');

type Columns = Omit<BarColumns, 'length' | 'endsInOutage'>;

/** Bytes of a row: seven doubles, three 32-bit integers, two bytes. */
const ROW_BYTES = 7 * 8 + 3 * 4 + 2;

/**
 * The first `length` rows on a buffer for `capacity` rows. One buffer, because an allocation for each column
 * costs as much as the arithmetic.
 */
function columnsOn(buffer: ArrayBuffer, capacity: number, length: number): Columns {
  const doubles = (nth: number) => new Float64Array(buffer, nth * 8 * capacity, length);
  const integers = (nth: number) => new Int32Array(buffer, (56 + nth * 4) * capacity, length);
  const bytes = (nth: number) => new Uint8Array(buffer, (68 + nth) * capacity, length);
  return {
    openTime: doubles(0),
    closeTime: doubles(1),
    open: doubles(2),
    high: doubles(3),
    low: doubles(4),
    close: doubles(5),
    volume: doubles(6),
    barIndex: integers(0),
    candleCount: integers(1),
    expectedCount: integers(2),
    status: bytes(0),
    afterOutage: bytes(1),
  };
}

interface BarInput {
  readonly bars: Columns;
  readonly row: number;
  readonly slots: DaySlots;
  /** Slots of the bar, half-open; at least one holds a candle. */
  readonly from: number;
  readonly to: number;
}

/** Writes the prices of one bar into its row. */
function writePrices({ bars, row, slots, from, to }: BarInput): void {
  let first = from;
  while (Number.isNaN(slots.open[first]!)) first++;
  let last = to - 1;
  while (Number.isNaN(slots.close[last]!)) last--;
  let high = slots.high[first]!;
  let low = slots.low[first]!;
  for (let slot = first + 1; slot <= last; slot++) {
    // A slot without a candle holds NaN, which compares false both ways.
    if (slots.high[slot]! > high) high = slots.high[slot]!;
    if (slots.low[slot]! < low) low = slots.low[slot]!;
  }
  bars.open[row] = slots.open[first]!;
  bars.high[row] = high;
  bars.low[row] = low;
  bars.close[row] = slots.close[last]!;
}
