import { formatDate, formatTimeframe, type Periods } from '@candlelake/core';
import type { BarRow } from './barRow.ts';
import { formatVolume, priceDigits } from './numbers.ts';
import type { Style } from './style.ts';
import { formatSpan } from './times.ts';

export interface BarTableOptions {
  readonly periods: Periods;
  readonly showMa: boolean;
  readonly showAtr: boolean;
  readonly style: Style;
}

/** Lays bars out as aligned lines; a column grows with its widest value so far. */
export interface BarTable {
  lines(rows: readonly BarRow[]): readonly string[];
}

/** The header comes back after this many bars, about a screen, and when a column has grown. */
const HEADER_EVERY = 20;
const LEFT_ALIGNED = 3;

/** What stands behind the count of candles: nothing for a complete bar. */
const STATUS_MARKS = { complete: ' ', provisional: '~', short: '!' } as const;

export function createBarTable(options: BarTableOptions): BarTable {
  const titles = columnTitles(options);
  const widths = titles.map((title) => title.length);
  let sinceHeader = HEADER_EVERY;
  return {
    lines(rows) {
      const table = rows.map((row) => ({ row, cells: barCells(row, options) }));
      const before = widths.join();
      for (const { cells } of table) {
        cells.forEach((cell, column) => {
          widths[column] = Math.max(widths[column]!, cell.length);
        });
      }
      if (widths.join() !== before) sinceHeader = HEADER_EVERY;
      const lines: string[] = [];
      for (const { row, cells } of table) {
        if (sinceHeader >= HEADER_EVERY) {
          lines.push(options.style.dim(joinCells(titles, widths)));
          sinceHeader = 0;
        }
        sinceHeader++;
        lines.push(paint(row, joinCells(cells, widths), options));
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

function barCells(row: BarRow, { showMa, showAtr }: BarTableOptions): readonly string[] {
  const prices = [row.open, row.high, row.low, row.close];
  const digits = priceDigits(prices, row.pricePrecision);
  const price = (value: number | null) => (value === null ? '-' : value.toFixed(digits));
  const ma = showMa ? [price(row.maShort), price(row.maLong), row.trend?.toLowerCase() ?? '-'] : [];
  const percent = row.atrPercent === null ? '-' : row.atrPercent.toFixed(2);
  return [
    `${formatDate(row.openTime)} ${formatSpan(row.openTime, row.closeTime)}`,
    row.symbol,
    formatTimeframe(row.timeframeMinutes),
    ...prices.map(price),
    formatVolume(row.volume),
    `${row.candleCount}/${row.expectedCount}${STATUS_MARKS[row.status]}`,
    ...ma,
    ...(showAtr ? [price(row.atr), percent] : []),
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

function paint(row: BarRow, line: string, { showMa, style }: BarTableOptions): string {
  const body = row.status === 'short' ? style.notice(line) : line;
  if (!showMa || row.maCross === null) return body;
  return row.maCross === 'GOLDEN_CROSS'
    ? `${body}  ${style.good('▲ GOLDEN CROSS')}`
    : `${body}  ${style.bad('▼ DEATH CROSS')}`;
}
