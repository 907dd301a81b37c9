import {
  BAR_STATUSES,
  type BarColumns,
  type IndicatorColumns,
  type IndicatorState,
  type Periods,
} from './bars.ts';

/** Before the first bar of a series, and after an outage. */
export const INITIAL_INDICATOR_STATE: IndicatorState = {
  closes: [],
  trueRanges: [],
  atr: null,
  cross: null,
  outage: false,
};

const SHORT = BAR_STATUSES.indexOf('short');
const GOLDEN_CROSS = 1;
const DEATH_CROSS = 2;
const BULLISH = 1;
const BEARISH = 2;
const NEUTRAL = 3;

/**
 * Computes the indicators of the next bars of a series from the state that the bars before them left, and the state after them. One call over
 * two days and two calls that hand the state over give the same bits. Definitions: TradingView's ta.sma, ta.tr(true), ta.atr and ta.crossover;
 * Wilder's average in the form that agrees with it bit for bit.
 */
export function computeIndicators(
  bars: BarColumns,
  periods: Periods,
  state: IndicatorState,
): { readonly indicators: IndicatorColumns; readonly state: IndicatorState } {
  const before = state.outage ? INITIAL_INDICATOR_STATE : state;
  const averages = computeAverages(bars, periods, before);
  const ranges = computeRanges(bars, periods.atr, before);
  const outage = bars.endsInOutage || (state.outage && bars.length === 0);
  return {
    indicators: { ...averages.columns, ...ranges.columns },
    state: outage ? { ...INITIAL_INDICATOR_STATE, outage } : { ...averages.state, ...ranges.state, outage },
  };
}

/** Simple moving averages, their crossovers and the trend. */
function computeAverages(bars: BarColumns, periods: Periods, before: IndicatorState) {
  const maShort = new Float64Array(bars.length);
  const maLong = new Float64Array(bars.length);
  const maCross = new Uint8Array(bars.length);
  const trend = new Uint8Array(bars.length);
  const carried = before.closes.length;
  const closes = new Float64Array(carried + bars.length);
  closes.set(before.closes);
  closes.set(bars.close.subarray(0, bars.length), carried);
  let start = 0;
  let shortBefore = before.cross?.maShort ?? Number.NaN;
  let longBefore = before.cross?.maLong ?? Number.NaN;
  for (let row = 0; row < bars.length; row++) {
    const end = carried + row + 1;
    if (bars.afterOutage[row] === 1) {
      start = end - 1;
      shortBefore = Number.NaN;
    }
    const short = meanOfLast(closes, start, end, periods.maShort);
    const long = meanOfLast(closes, start, end, periods.maLong);
    maShort[row] = short;
    maLong[row] = long;
    trend[row] = trendOf(short, long);
    // NaN, an average that is not there, is on no side of the other one.
    const comparable = bars.status[row] !== SHORT;
    if (comparable && short > long && shortBefore <= longBefore) maCross[row] = GOLDEN_CROSS;
    if (comparable && short < long && shortBefore >= longBefore) maCross[row] = DEATH_CROSS;
    shortBefore = comparable ? short : Number.NaN;
    longBefore = long;
  }
  const kept = Math.max(start, closes.length - Math.max(periods.maShort, periods.maLong));
  const cross =
    Number.isNaN(shortBefore) || Number.isNaN(longBefore)
      ? null
      : { maShort: shortBefore, maLong: longBefore };
  return {
    columns: { maShort, maLong, maCross, trend },
    state: { closes: Array.from(closes.subarray(kept)), cross },
  };
}

/** Sum of the last `period` values before `end`, oldest first, divided by it; NaN when there are fewer since `start`. */
function meanOfLast(values: Float64Array, start: number, end: number, period: number): number {
  if (end - start < period) return Number.NaN;
  let sum = 0;
  for (let index = end - period; index < end; index++) sum += values[index]!;
  return sum / period;
}

function trendOf(short: number, long: number): number {
  if (short > long) return BULLISH;
  if (short < long) return BEARISH;
  return short === long ? NEUTRAL : 0;
}

/** True range, its Wilder average and that as a percentage of the close. */
function computeRanges(bars: BarColumns, period: number, before: IndicatorState) {
  const tr = new Float64Array(bars.length);
  const atr = new Float64Array(bars.length);
  const atrPercent = new Float64Array(bars.length);
  let warmUp = [...before.trueRanges];
  let average = before.atr ?? Number.NaN;
  let previousClose = before.closes.at(-1) ?? Number.NaN;
  for (let row = 0; row < bars.length; row++) {
    if (bars.afterOutage[row] === 1) {
      warmUp = [];
      average = Number.NaN;
      previousClose = Number.NaN;
    }
    const range = trueRange(bars.high[row]!, bars.low[row]!, previousClose);
    if (Number.isNaN(average)) {
      warmUp.push(range);
      if (warmUp.length === period) {
        average = warmUp.reduce((sum, value) => sum + value, 0) / period;
        warmUp = [];
      }
    } else {
      average = (average * (period - 1) + range) / period;
    }
    previousClose = bars.close[row]!;
    tr[row] = range;
    atr[row] = average;
    atrPercent[row] = (average / previousClose) * 100;
  }
  return {
    columns: { tr, atr, atrPercent },
    state: { trueRanges: warmUp, atr: Number.isNaN(average) ? null : average },
  };
}

/** The first bar has no close before it: its range is high minus low. */
function trueRange(high: number, low: number, previousClose: number): number {
  if (Number.isNaN(previousClose)) return high - low;
  return Math.max(high - low, Math.abs(high - previousClose), Math.abs(low - previousClose));
}
