import {
  type BarSpan,
  type BarStatus,
  type CandleValues,
  type EpochMs,
  formatDate,
  formatTimeframe,
  type Interval,
} from '@candlelake/core';
import { formatSpan, formatTimeOfDay } from './times.ts';

/** One bar beside the candles that it is made of. */
export interface BarCheck extends BarSpan {
  readonly symbol: string;
  readonly interval: Interval;
  readonly timeframeMinutes: number;
  readonly candles: readonly {
    readonly openTime: EpochMs;
    /** The status of the candle, or the state of the slot without one. */
    readonly state: string;
    readonly values: CandleValues | null;
  }[];
  /** Null when the store makes no bar of it: still open, or no candle. */
  readonly values:
    | (Readonly<
        Record<'open' | 'high' | 'low' | 'close' | 'volume' | 'candleCount' | 'expectedCount', number>
      > & {
        readonly status: BarStatus;
      })
    | null;
}

/** The bar as a small table: one line a candle, the bar below. */
export function barCheckLines(check: BarCheck): readonly string[] {
  const { symbol, interval, timeframeMinutes, index, openTime, closeTime, candles, values } = check;
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
  const note = bar ? [] : ['  no bar of it in the lake yet'];
  return [title, ...aligned(table), ...note];
}

const NO_PRICES = ['-', '-', '-', '-', '-'];

function prices(
  of: Readonly<Record<'open' | 'high' | 'low' | 'close' | 'volume', string | number>>,
): string[] {
  return [of.open, of.high, of.low, of.close, of.volume].map(String);
}

function aligned(table: readonly (readonly string[])[]): readonly string[] {
  const last = table[0]!.length - 1;
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) => {
    const cells = row.map((cell, column) => (column === last ? cell : cell.padStart(widths[column]!)));
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
