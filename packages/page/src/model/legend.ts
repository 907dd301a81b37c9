import type { BarRow } from '@candlelake/core';
import { formatChange, formatMinute, formatPrice, formatVolume, type TimeZone } from './format.ts';

export interface LegendOptions {
  readonly bar: BarRow | undefined;
  readonly previous: BarRow | undefined;
  /** Decimals of the symbol's prices. */
  readonly precision: number;
  readonly zone: TimeZone;
  /** The periods of the averages and of the ATR. */
  readonly periods: Periods;
}

export interface Periods {
  readonly maShort: number | null;
  readonly maLong: number | null;
  readonly atr: number | null;
}

/** The name of an indicator with its period; null when the lake leaves it out. */
export function indicatorName(name: 'MA' | 'ATR', period: number | null): string {
  return period === null ? name : `${name} ${period}`;
}

/** One value of the legend. `tone` names its colour. */
export interface LegendPart {
  readonly label: string;
  readonly value: string;
  readonly tone?: 'up' | 'down' | 'maShort' | 'maLong' | 'atr' | 'warning';
}

/** What the legend shows of a bar, in the order of reading; empty without a bar. */
export function legendParts({
  bar,
  previous,
  precision,
  zone,
  periods,
}: LegendOptions): readonly LegendPart[] {
  if (!bar) return [];
  const price = (value: number) => formatPrice(value, precision);
  const tone = bar.close < bar.open ? 'down' : 'up';
  const change: readonly LegendPart[] = previous
    ? [
        {
          label: '',
          value: formatChange(bar.close, previous.close),
          tone: bar.close < previous.close ? 'down' : 'up',
        },
      ]
    : [];
  const average = (label: string, value: number | null, of: 'maShort' | 'maLong' | 'atr') =>
    value === null ? [] : [{ label, value: price(value), tone: of }];
  return [
    { label: '', value: formatMinute(bar.open_time, zone) },
    { label: 'O', value: price(bar.open), tone },
    { label: 'H', value: price(bar.high), tone },
    { label: 'L', value: price(bar.low), tone },
    { label: 'C', value: price(bar.close), tone },
    ...change,
    { label: 'V', value: formatVolume(bar.volume) },
    ...average(indicatorName('MA', periods.maShort), bar.ma_short, 'maShort'),
    ...average(indicatorName('MA', periods.maLong), bar.ma_long, 'maLong'),
    ...average(indicatorName('ATR', periods.atr), bar.atr, 'atr'),
    { label: 'candles', value: `${bar.candle_count}/${bar.expected_count}` },
    { label: '', value: statusOf(bar), ...(isWhole(bar) ? {} : { tone: 'warning' as const }) },
  ];
}

/** `open` while the bar still changes, else its status in the lake. */
export function statusOf({ is_open, status }: BarRow): string {
  return is_open ? 'open' : status;
}

function isWhole(bar: BarRow): boolean {
  return bar.is_open || bar.status === 'complete';
}
