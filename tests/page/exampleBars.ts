import { type BarRow, barAt } from '@candlelake/core';
import { createSeededRandom } from '../support/seededRandom.ts';

const MINUTES = 21;

/** A bar of 21 minutes with all its candles; tests say what differs. */
export function exampleBar(change: Partial<BarRow> = {}): BarRow {
  return {
    ...{ bar_index: 0, open_time: 0, close_time: 1_260_000, open: 100, high: 110, low: 90, close: 105 },
    ...{ volume: 12.5, candle_count: 7, expected_count: 7, status: 'complete' },
    ...{ ma_short: null, ma_long: null, ma_cross: null, trend: null, tr: null, atr: null, atr_percent: null },
    is_open: false,
    ...change,
  };
}

/** `count` bars of a random walk that is the same each time; the last one closes by `end`. */
export function walkBars(count: number, end: number): BarRow[] {
  const random = createSeededRandom(7);
  const spans = [barAt(end - 1, MINUTES)];
  while (spans.length < count) spans.push(barAt(spans.at(-1)!.openTime - 1, MINUTES));
  let price = 91_000;
  const bars = spans.reverse().map(({ index, openTime, closeTime }) => {
    const open = price;
    const close = Math.max(1000, open + (random() - 0.5) * 240);
    price = close;
    const [high, low] = [Math.max(open, close) + random() * 60, Math.min(open, close) - random() * 60];
    const expected_count = (closeTime - openTime) / 180_000;
    const values = { open: round(open), high: round(high), low: round(low), close: round(close) };
    const times = { bar_index: index, open_time: openTime, close_time: closeTime };
    const volume = round(20 + random() * 80);
    return exampleBar({ ...times, ...values, volume, candle_count: expected_count, expected_count });
  });
  return withIndicators(bars);
}

/** Averages of 3 and 7 closes and the mean range of 14 bars: enough to look at, no reference for the values. */
function withIndicators(bars: readonly BarRow[]): BarRow[] {
  const mean = (index: number, length: number, of: (bar: BarRow) => number) =>
    index + 1 < length
      ? null
      : bars.slice(index + 1 - length, index + 1).reduce((sum, bar) => sum + of(bar), 0) / length;
  let above: boolean | null = null;
  return bars.map((bar, index) => {
    const ma_short = mean(index, 3, ({ close }) => close);
    const ma_long = mean(index, 7, ({ close }) => close);
    const atr = mean(index, 14, ({ high, low }) => high - low);
    const isAbove = ma_short !== null && ma_long !== null ? ma_short > ma_long : null;
    const crossed = above !== null && isAbove !== null && isAbove !== above;
    above = isAbove;
    return {
      ...bar,
      ma_short,
      ma_long,
      atr,
      ma_cross: crossed ? (isAbove ? 'GOLDEN_CROSS' : 'DEATH_CROSS') : null,
    };
  });
}

function round(price: number): number {
  return Math.round(price * 10) / 10;
}
