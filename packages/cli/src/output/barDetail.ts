import {
  type BarSpan,
  type CandleValues,
  type EpochMs,
  formatDate,
  formatTimeframe,
  type Interval,
} from '@candlelake/core';
import type { BarValues } from './bar.ts';
import { formatSpan, formatTimeOfDay } from './formatTime.ts';
import { alignTable } from './table.ts';

/** One bar and the candles that it is built from. */
export interface BarDetail extends BarSpan {
  readonly symbol: string;
  readonly interval: Interval;
  readonly timeframeMinutes: number;
  readonly candles: readonly {
    readonly openTime: EpochMs;
    /** The status of the candle; without one, the state of its slot. */
    readonly state: string;
    readonly values: CandleValues | null;
  }[];
  /** Null when the lake has no such bar: it is still open, or has no candle. */
  readonly values: BarValues | null;
}

/** The bar as a small table: one line for each candle, then the bar. */
export function barDetailLines(detail: BarDetail): readonly string[] {
  const { symbol, interval, timeframeMinutes, index, openTime, closeTime, candles, values } = detail;
  const span = `${formatDate(openTime)} ${formatSpan(openTime, closeTime)}`;
  const title = `${symbol} ${formatTimeframe(timeframeMinutes)} bar ${index}: ${span} UTC, ${candles.length} candles of ${interval}`;
  const rows = candles.map(({ openTime: at, state, values: candle }) => [
    formatTimeOfDay(at),
    ...(candle ? prices(candle) : NO_PRICES),
    state,
  ]);
  const count = values && `${values.candleCount}/${values.expectedCount} ${values.status}`;
  const bar = values && ['bar', ...prices(values), count!];
  const table = [['', 'open', 'high', 'low', 'close', 'volume', ''], ...rows, ...(bar ? [bar] : [])];
  const note = bar ? [] : ['  the lake has no such bar yet'];
  return [title, ...alignTable(table), ...note];
}

const NO_PRICES = ['-', '-', '-', '-', '-'];

function prices(
  of: Readonly<Record<'open' | 'high' | 'low' | 'close' | 'volume', string | number>>,
): string[] {
  return [of.open, of.high, of.low, of.close, of.volume].map(String);
}
