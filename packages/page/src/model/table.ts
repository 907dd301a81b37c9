import type { BarRow } from '@candlelake/core';
import { formatMinute, formatPrice, formatVolume, type TimeZone } from './format.ts';
import { indicatorName, type Periods, statusOf } from './legend.ts';

/** The headings of the table of bars. */
export function tableHead({ maShort, maLong, atr }: Periods, zone: TimeZone): readonly string[] {
  const averages = [indicatorName('MA', maShort), indicatorName('MA', maLong), indicatorName('ATR', atr)];
  const time = zone === 'UTC' ? 'Open time (UTC)' : 'Open time (local)';
  return [time, 'Open', 'High', 'Low', 'Close', 'Volume', ...averages, 'Cross', 'Candles', 'Status'];
}

const CROSSES: Readonly<Record<string, string>> = { GOLDEN_CROSS: 'golden', DEATH_CROSS: 'death' };

/** The rows of the table: the last `count` bars, the newest first. */
export function tableRows(
  bars: readonly BarRow[],
  { count, precision, zone }: { count: number; precision: number; zone: TimeZone },
): readonly (readonly string[])[] {
  const price = (value: number | null) => (value === null ? '' : formatPrice(value, precision));
  return bars
    .slice(-count)
    .reverse()
    .map((bar) => [
      formatMinute(bar.open_time, zone),
      price(bar.open),
      price(bar.high),
      price(bar.low),
      price(bar.close),
      formatVolume(bar.volume),
      price(bar.ma_short),
      price(bar.ma_long),
      price(bar.atr),
      CROSSES[bar.ma_cross ?? ''] ?? '',
      `${bar.candle_count}/${bar.expected_count}`,
      statusOf(bar),
    ]);
}
