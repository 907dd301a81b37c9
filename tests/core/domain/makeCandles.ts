import type {
  Absence,
  BarColumns,
  BarStatus,
  Candle,
  DaySlots,
  Interval,
  Unreadable,
} from '@candlelake/core';
import { BAR_STATUSES, buildDaySlots, DAY_MS, intervalMs } from '@candlelake/core';

/** A final candle of history with unremarkable values; what matters to a test is given. */
export function candle(openTime: number, values: Partial<Candle> = {}): Candle {
  return {
    openTime,
    open: '100',
    high: '101',
    low: '99',
    close: '100.5',
    volume: '1',
    status: 'final',
    source: 'history',
    observed: openTime + DAY_MS,
    ...values,
  };
}

/** An absence that two reads half an hour apart agree on. */
export function confirmedAbsence(openTime: number): Absence {
  return { openTime, firstRead: openTime + DAY_MS, lastRead: openTime + DAY_MS + 30 * 60_000 };
}

export interface DayOptions {
  readonly interval?: Interval;
  readonly candles?: readonly Candle[];
  readonly absences?: readonly Absence[];
  readonly unreadable?: readonly Unreadable[];
  readonly launchTime?: number;
  readonly firstAvailable?: number;
  readonly asOf?: number;
}

/** Slots of a day that is over, 3m unless said otherwise. */
export function daySlots(day: number, options: DayOptions = {}): DaySlots {
  return buildDaySlots({
    interval: options.interval ?? '3m',
    day,
    stored: {
      candles: options.candles ?? [],
      absences: options.absences ?? [],
      unreadable: options.unreadable ?? [],
    },
    launchTime: options.launchTime ?? null,
    firstAvailable: options.firstAvailable ?? null,
    asOf: options.asOf ?? day + 2 * DAY_MS,
  });
}

/** Every candle of a day, but those whose slot index is in `without`. */
export function fullDay(day: number, interval: Interval, without: readonly number[] = []): readonly Candle[] {
  return Array.from({ length: DAY_MS / intervalMs(interval) }, (_, index) => index)
    .filter((index) => !without.includes(index))
    .map((index) => candle(day + index * intervalMs(interval)));
}

/** One bar as a test thinks of it. */
export interface SimpleBar {
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly status?: BarStatus;
  readonly afterOutage?: boolean;
}

/** Bars as columns; the indicators read nothing but these. */
export function barColumns(bars: readonly SimpleBar[], endsInOutage = false): BarColumns {
  const doubles = (value: (bar: SimpleBar) => number) => Float64Array.from(bars, value);
  return {
    length: bars.length,
    barIndex: Int32Array.from(bars, (_, index) => index),
    openTime: doubles(() => 0),
    closeTime: doubles(() => 0),
    open: doubles((bar) => bar.close),
    high: doubles((bar) => bar.high),
    low: doubles((bar) => bar.low),
    close: doubles((bar) => bar.close),
    volume: doubles(() => 0),
    candleCount: Int32Array.from(bars, () => 7),
    expectedCount: Int32Array.from(bars, () => 7),
    status: Uint8Array.from(bars, (bar) => BAR_STATUSES.indexOf(bar.status ?? 'complete')),
    afterOutage: Uint8Array.from(bars, (bar) => Number(bar.afterOutage ?? false)),
    endsInOutage,
  };
}

/** Bars of which only the close matters: high and low are one around it. */
export function barsOfCloses(closes: readonly number[]): BarColumns {
  return barColumns(closes.map((close) => ({ high: close + 1, low: close - 1, close })));
}
