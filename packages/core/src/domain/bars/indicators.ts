import { BAR_STATUSES, type BarColumns } from './bars.ts';

/** Lengths of the indicators, in bars. */
export interface Periods {
  readonly maShort: number;
  readonly maLong: number;
  readonly atr: number;
}

export const MA_CROSSES = ['GOLDEN_CROSS', 'DEATH_CROSS'] as const;
export const TRENDS = ['BULLISH', 'BEARISH', 'NEUTRAL'] as const;

/** Indicators of the same bars. NaN is "not yet"; a code is 1 + the index into the constant, 0 is none. */
export interface IndicatorColumns {
  readonly maShort: Float64Array;
  readonly maLong: Float64Array;
  /** 1 + index into {@link MA_CROSSES}, 0 for none. */
  readonly maCross: Uint8Array;
  /** 1 + index into {@link TRENDS}, 0 for not yet. */
  readonly trend: Uint8Array;
  readonly tr: Float64Array;
  readonly atr: Float64Array;
  /** ATR as a percentage of the close of the same bar. */
  readonly atrPercent: Float64Array;
}

/** The last values that the next bar needs: the content of a checkpoint. No running sums. Plain JSON. */
export interface IndicatorState {
  /** The last closes, oldest first, at most as many as the longest period of the averages. */
  readonly closes: readonly number[];
  /** True ranges seen while the ATR warms up, oldest first; empty once `atr` is set. */
  readonly trueRanges: readonly number[];
  readonly atr: number | null;
  /**
   * The averages of the last bar, if it can take part in a crossover (complete or provisional); else null.
   */
  readonly cross: { readonly maShort: number; readonly maLong: number } | null;
  /** Missing or unavailable slots have covered a whole bar since the last bar. */
  readonly outage: boolean;
}

/** Before the first bar of a series. */
export const INITIAL_INDICATOR_STATE: IndicatorState = {
  closes: [],
  trueRanges: [],
  atr: null,
  cross: null,
  outage: false,
};

const SHORT = BAR_STATUSES.indexOf('short');
// Code 0 is none.
const GOLDEN_CROSS = 1 + MA_CROSSES.indexOf('GOLDEN_CROSS');
const DEATH_CROSS = 1 + MA_CROSSES.indexOf('DEATH_CROSS');
const BULLISH = 1 + TRENDS.indexOf('BULLISH');
const BEARISH = 1 + TRENDS.indexOf('BEARISH');
const NEUTRAL = 1 + TRENDS.indexOf('NEUTRAL');

/**
 * Computes the indicators of the next bars of a series from the state after the bars before them, and the
 * state after these bars. One call over two days gives the same bits as two calls that pass the state on. The
 * formulas: docs/truth.md, "Indicators"; they are those of TradingView's ta.sma, ta.tr(true), ta.atr and
 * ta.crossover. ATR is equal bit for bit; SMA may differ in the last bits: TradingView keeps a running sum.
 */
export function computeIndicators(
  bars: BarColumns,
  periods: Periods,
  state: IndicatorState,
): { readonly indicators: IndicatorColumns; readonly state: IndicatorState } {
  const before = state.outage ? INITIAL_INDICATOR_STATE : state;
  const indicators = emptyColumns(bars.length);
  const averages = writeAverages({ bars, periods, before, indicators });
  const ranges = writeRanges({ bars, periods, before, indicators });
  const outage = bars.endsInOutage || (state.outage && bars.length === 0);
  return {
    indicators,
    state: outage ? { ...INITIAL_INDICATOR_STATE, outage } : { ...averages, ...ranges, outage },
  };
}

interface Run {
  readonly bars: BarColumns;
  readonly periods: Periods;
  readonly before: IndicatorState;
  /** Filled row by row. */
  readonly indicators: IndicatorColumns;
}

/** All columns on one buffer: an allocation for each would cost as much as the arithmetic. */
function emptyColumns(length: number): IndicatorColumns {
  const buffer = new ArrayBuffer(length * (5 * 8 + 2));
  const doubles = (nth: number) => new Float64Array(buffer, nth * 8 * length, length);
  const bytes = (nth: number) => new Uint8Array(buffer, (40 + nth) * length, length);
  return {
    maShort: doubles(0),
    maLong: doubles(1),
    tr: doubles(2),
    atr: doubles(3),
    atrPercent: doubles(4),
    maCross: bytes(0),
    trend: bytes(1),
  };
}

/**
 * Writes the simple moving averages, their crossovers and the trend. Returns what the next bar needs of them.
 */
function writeAverages({ bars, periods, before, indicators }: Run): Pick<IndicatorState, 'closes' | 'cross'> {
  const { maShort, maLong, maCross, trend } = indicators;
  let closes = [...before.closes];
  let shortBefore = before.cross?.maShort ?? Number.NaN;
  let longBefore = before.cross?.maLong ?? Number.NaN;
  for (let row = 0; row < bars.length; row++) {
    if (bars.afterOutage[row] === 1) closes = [];
    closes.push(bars.close[row]!);
    const short = meanOfLast(closes, periods.maShort);
    const long = meanOfLast(closes, periods.maLong);
    const comparable = bars.status[row] !== SHORT;
    maShort[row] = short;
    maLong[row] = long;
    trend[row] = trendOf(short, long);
    // An average that does not exist yet is NaN, which compares false both ways.
    if (comparable && short > long && shortBefore <= longBefore) maCross[row] = GOLDEN_CROSS;
    if (comparable && short < long && shortBefore >= longBefore) maCross[row] = DEATH_CROSS;
    shortBefore = comparable ? short : Number.NaN;
    longBefore = long;
  }
  const known = !Number.isNaN(shortBefore) && !Number.isNaN(longBefore);
  return {
    closes: closes.slice(-Math.max(periods.maShort, periods.maLong)),
    cross: known ? { maShort: shortBefore, maLong: longBefore } : null,
  };
}

/** Sum of the last `period` values, oldest first, divided by it; NaN when there are fewer. */
function meanOfLast(values: readonly number[], period: number): number {
  if (values.length < period) return Number.NaN;
  let sum = 0;
  for (let index = values.length - period; index < values.length; index++) sum += values[index]!;
  return sum / period;
}

function trendOf(short: number, long: number): number {
  if (short > long) return BULLISH;
  if (short < long) return BEARISH;
  return short === long ? NEUTRAL : 0;
}

/** Writes true range, ATR and ATR as a percentage of the close. Returns what the next bar needs of them. */
function writeRanges({ bars, periods, before, indicators }: Run): Pick<IndicatorState, 'trueRanges' | 'atr'> {
  const { tr, atr, atrPercent } = indicators;
  const period = periods.atr;
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
  return { trueRanges: warmUp, atr: Number.isNaN(average) ? null : average };
}

/** The first bar has no close before it: its range is high minus low. */
function trueRange(high: number, low: number, previousClose: number): number {
  if (Number.isNaN(previousClose)) return high - low;
  return Math.max(high - low, Math.abs(high - previousClose), Math.abs(low - previousClose));
}
