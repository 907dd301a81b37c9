import type { BarRow } from '@candlelake/core';
import { formatMinute, formatPrice, type TimeZone } from './format.ts';
import { indicatorName, type Periods } from './legend.ts';

export interface CrossMarker {
  readonly openTime: number;
  readonly kind: 'golden' | 'death';
}

const KINDS: Readonly<Record<string, CrossMarker['kind']>> = { GOLDEN_CROSS: 'golden', DEATH_CROSS: 'death' };

/** The crossovers of bars, oldest first. */
export function crossMarkers(bars: readonly BarRow[]): readonly CrossMarker[] {
  return bars.flatMap(({ open_time, ma_cross }) => {
    const kind = ma_cross === null ? undefined : KINDS[ma_cross];
    return kind ? [{ openTime: open_time, kind }] : [];
  });
}

export interface CrossTextOptions {
  readonly precision: number;
  readonly zone: TimeZone;
  readonly periods: Periods;
}

/** The lines of a crossover's tooltip; null for a bar without one. */
export function crossText(bar: BarRow | undefined, options: CrossTextOptions): readonly string[] | null {
  const kind = KINDS[bar?.ma_cross ?? ''];
  if (!bar || !kind) return null;
  const { precision, zone, periods } = options;
  const average = (period: number | null, value: number | null) =>
    value === null ? [] : [`${indicatorName('MA', period)}  ${formatPrice(value, precision)}`];
  return [
    kind === 'golden' ? 'Golden cross' : 'Death cross',
    formatMinute(bar.open_time, zone),
    ...average(periods.maShort, bar.ma_short),
    ...average(periods.maLong, bar.ma_long),
    `Close  ${formatPrice(bar.close, precision)}`,
    ...(bar.is_open ? ['the bar is open, the cross may go'] : []),
  ];
}
