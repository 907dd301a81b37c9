import { formatDate, formatTimeframe, type Periods } from '@candlelake/core';
import type { Bar } from './bar.ts';
import { formatVolume, priceDigits } from './formatNumber.ts';
import { formatSpan } from './formatTime.ts';
import type { Style } from './style.ts';

export interface BarTableOptions {
  readonly periods: Periods;
  readonly showMa: boolean;
  readonly showAtr: boolean;
  readonly style: Style;
}

/** Formats bars as aligned lines. A column is as wide as the widest value so far. */
export interface BarTable {
  lines(bars: readonly Bar[]): readonly string[];
}

/** The header is repeated after this many bars, about a screen, and when a column has grown. */
const HEADER_EVERY = 20;
const LEFT_ALIGNED = 3;

/** Shown after the count of candles. */
const STATUS_MARKS = { complete: ' ', provisional: '~', short: '!' } as const;

export function createBarTable(options: BarTableOptions): BarTable {
  const titles = columnTitles(options);
  const widths = titles.map((title) => title.length);
  let sinceHeader = HEADER_EVERY;
  return {
    lines(bars) {
      const table = bars.map((bar) => ({ bar, cells: barCells(bar, options) }));
      const before = widths.join();
      for (const { cells } of table) {
        cells.forEach((cell, column) => {
          widths[column] = Math.max(widths[column]!, cell.length);
        });
      }
      if (widths.join() !== before) sinceHeader = HEADER_EVERY;
      const lines: string[] = [];
      for (const { bar, cells } of table) {
        if (sinceHeader >= HEADER_EVERY) {
          lines.push(options.style.dim(joinCells(titles, widths)));
          sinceHeader = 0;
        }
        sinceHeader++;
        lines.push(paint(bar, joinCells(cells, widths), options));
      }
      return lines;
    },
  };
}

function columnTitles({ periods, showMa, showAtr }: BarTableOptions): readonly string[] {
  const ma = showMa ? [`MA${periods.maShort}`, `MA${periods.maLong}`, 'trend'] : [];
  const atr = showAtr ? [`ATR${periods.atr}`, 'ATR%'] : [];
  const prices = ['open', 'high', 'low', 'close', 'volume', 'candles '];
  return ['bar (UTC)', 'symbol', 'tf', ...prices, ...ma, ...atr];
}

function barCells(bar: Bar, { showMa, showAtr }: BarTableOptions): readonly string[] {
  const prices = [bar.open, bar.high, bar.low, bar.close];
  const digits = priceDigits(prices, bar.pricePrecision);
  const price = (value: number | null) => (value === null ? '-' : value.toFixed(digits));
  const ma = showMa ? [price(bar.maShort), price(bar.maLong), bar.trend?.toLowerCase() ?? '-'] : [];
  const percent = bar.atrPercent === null ? '-' : bar.atrPercent.toFixed(2);
  return [
    `${formatDate(bar.openTime)} ${formatSpan(bar.openTime, bar.closeTime)}`,
    bar.symbol,
    formatTimeframe(bar.timeframeMinutes),
    ...prices.map(price),
    formatVolume(bar.volume),
    `${bar.candleCount}/${bar.expectedCount}${STATUS_MARKS[bar.status]}`,
    ...ma,
    ...(showAtr ? [price(bar.atr), percent] : []),
  ];
}

function joinCells(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) =>
      column < LEFT_ALIGNED ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    )
    .join('  ')
    .trimEnd();
}

function paint(bar: Bar, line: string, { showMa, style }: BarTableOptions): string {
  const body = bar.status === 'short' ? style.notice(line) : line;
  if (!showMa || bar.maCross === null) return body;
  return bar.maCross === 'GOLDEN_CROSS'
    ? `${body}  ${style.good('▲ GOLDEN CROSS')}`
    : `${body}  ${style.bad('▼ DEATH CROSS')}`;
}
