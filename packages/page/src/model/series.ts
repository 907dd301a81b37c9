import type { BarRow } from '@candlelake/core';

/** The colours that the chart takes from the style sheet. */
export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly grid: string;
  readonly border: string;
  readonly up: string;
  readonly down: string;
  /** Bodies of bars whose candles are not all confirmed yet. */
  readonly upFaint: string;
  readonly downFaint: string;
  /** Outline of bars that lack candles. */
  readonly short: string;
  readonly lines: Readonly<Record<ValueColumn, string>>;
  /** Colour of a segment of these lines that is not there; the axis label of the line takes it too. */
  readonly hidden: Readonly<Record<ValueColumn, string>>;
}

/** In seconds, as the chart counts time. */
export interface Place {
  readonly time: number;
}

export interface CandlePlace extends Place {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly color?: string;
  readonly borderColor?: string;
  readonly wickColor?: string;
}

export interface ValuePlace extends Place {
  readonly value: number;
  readonly color?: string;
}

/** A bar as a candlestick: faint until its candles are confirmed, outlined when it lacks some. */
export function candlePlace(bar: BarRow, palette: Palette): CandlePlace {
  const { open, high, low, close } = bar;
  const place = { time: bar.open_time / 1000, open, high, low, close };
  if (bar.is_open || bar.status === 'complete') return place;
  const isDown = close < open;
  const color = isDown ? palette.downFaint : palette.upFaint;
  if (bar.status === 'provisional') return { ...place, color };
  return { ...place, color, borderColor: palette.short, wickColor: palette.short };
}

/** Its volume as a column in the colour of the bar. */
export function volumePlace(bar: BarRow, { upFaint, downFaint }: Palette): ValuePlace {
  return {
    time: bar.open_time / 1000,
    value: bar.volume,
    color: bar.close < bar.open ? downFaint : upFaint,
  };
}

/** Places with a bar or without one, in the order of the axis. */
export function candlePlaces(
  bars: readonly BarRow[],
  times: readonly number[],
  palette: Palette,
): readonly (CandlePlace | Place)[] {
  let next = 0;
  return times.map((time) => {
    const bar = bars[next];
    if (bar?.open_time !== time) return { time: time / 1000 };
    next++;
    return candlePlace(bar, palette);
  });
}

export type ValueColumn = 'ma_short' | 'ma_long' | 'atr';

/**
 * A column as a line that ends where the column is null: an average never runs across an outage. The chart
 * connects the points of a line whatever lies between them and gives a segment the colour of its first point,
 * so the last point before a hole has a hidden one.
 */
export function valuePlaces(
  bars: readonly BarRow[],
  column: ValueColumn,
  { hidden }: Pick<Palette, 'hidden'>,
): readonly (ValuePlace | Place)[] {
  return bars.map((bar, index) => {
    const value = bar[column];
    const time = bar.open_time / 1000;
    if (value === null) return { time };
    return bars[index + 1]?.[column] === null ? { time, value, color: hidden[column] } : { time, value };
  });
}

/** The last bar ends a line of the one before it, which then has to be drawn again too. */
export function endsLine(bars: readonly BarRow[]): boolean {
  const [previous, last] = bars.slice(-2);
  if (!previous || !last) return false;
  return (['ma_short', 'ma_long', 'atr'] as const).some(
    (column) => last[column] === null && previous[column] !== null,
  );
}
