import type { BarRow } from '@candlelake/core';
import {
  createChart,
  type IChartApi,
  type ITimeScaleApi,
  type Logical,
  type LogicalRange,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import { endsLine } from '../model/series.ts';
import { axisPosition, axisTimes, barCloseAfter, lastAtOrBefore } from '../model/timeframe.ts';
import type { VisibleRange } from '../model/urlState.ts';
import { type ChartLook, chartOptions, lookOptions, RIGHT_BARS } from './chartOptions.ts';
import { type ChartSeries, createChartSeries } from './chartSeries.ts';

export interface Pointed {
  /** The bar under the crosshair; null when it is on none. */
  readonly openTime: number | null;
  /** Where the pointer is in the chart, in pixels; null after the keyboard. */
  readonly at: { readonly x: number; readonly y: number } | null;
}

/** What the chart shows of its range. */
export interface Visible extends VisibleRange {
  /** The newest bar is on the screen. */
  readonly atEnd: boolean;
  /** Places before and after the screen; negative when the screen reaches beyond the bars. */
  readonly barsBefore: number;
  readonly barsAfter: number;
}

export interface ChartListeners {
  /** The visible range changed. */
  moved(): void;
  pointed(pointed: Pointed): void;
}

/** Width of a bar on the first screen. */
const PIXELS_PER_BAR = 9;
/** How much higher the pane of prices is than that of the ATR. */
const PRICE_SHARE = 4;

/** The candlestick chart of one symbol and timeframe at a time. */
export class PriceChart {
  readonly #chart: IChartApi;
  readonly #series: ChartSeries;
  readonly #scale: ITimeScaleApi<Time>;
  #bars: readonly BarRow[] = [];
  #times: readonly number[] = [];
  #look: ChartLook | null = null;

  constructor(container: HTMLElement, listeners: ChartListeners) {
    this.#chart = createChart(container, chartOptions());
    this.#series = createChartSeries(this.#chart);
    this.#scale = this.#chart.timeScale();
    this.#chart.panes()[0]?.setStretchFactor(PRICE_SHARE);
    this.#chart.panes()[1]?.setStretchFactor(1);
    this.#scale.subscribeVisibleLogicalRangeChange(() => listeners.moved());
    this.#chart.subscribeCrosshairMove(({ time, point, sourceEvent }) => {
      const openTime = time === undefined ? null : (time as number) * 1000;
      listeners.pointed({ openTime, at: point && sourceEvent ? { x: point.x, y: point.y } : null });
    });
  }

  /**
   * Draws bars; what is on the screen stays where it is. The axis goes on to `until`, which shows an outage.
   * `onlyLast`: only the last bar changed, or one was added after it.
   */
  draw(bars: readonly BarRow[], { onlyLast, until }: { onlyLast: boolean; until: number | null }): void {
    if (!this.#look) return;
    const { palette, lengthMs } = this.#look;
    const range = this.#scale.getVisibleLogicalRange();
    const wasEmpty = this.#bars.length === 0;
    const oldTimes = this.#times;
    this.#bars = bars;
    this.#times = axisTimes(
      bars.map(({ open_time }) => open_time),
      lengthMs,
      until,
    );
    const endsWithBar = this.#times.at(-1) === bars.at(-1)?.open_time;
    const isNextPlace = onlyLast && !wasEmpty && endsWithBar && this.#times.length - oldTimes.length <= 1;
    if (isNextPlace && !endsLine(bars)) {
      this.#series.drawLast(bars, palette);
      return;
    }
    this.#series.draw(bars, this.#times, palette);
    if (wasEmpty) this.show(null);
    else if (range) keepRange(this.#scale, range, { before: oldTimes, now: this.#times });
  }

  /** Lets the axis go on to an instant, when a bar's length has passed without a bar. */
  extend(until: number): void {
    const { length } = this.#times;
    if (length === 0 || !this.#look || barCloseAfter(this.#times.at(-1)!, this.#look.lengthMs) >= until)
      return;
    this.draw(this.#bars, { onlyLast: false, until });
  }

  /** Shows a range, or the newest bars. */
  show(range: VisibleRange | null): void {
    if (this.#times.length === 0) return;
    if (range && this.#look) {
      const { lengthMs } = this.#look;
      this.#setRange(
        axisPosition(range.from, this.#times, lengthMs) + 0.5,
        axisPosition(range.to, this.#times, lengthMs) - 0.5,
      );
      return;
    }
    const count = Math.round(this.#scale.width() / PIXELS_PER_BAR);
    const last = this.#times.length - 1 + RIGHT_BARS;
    this.#setRange(last - count, last);
  }

  /** The range on the screen; null when there is no bar. */
  visible(): Visible | null {
    const range = this.#scale.getVisibleLogicalRange();
    if (!range || !this.#look || this.#times.length === 0) return null;
    const lastPlace = this.#times.length - 1;
    const timeAt = (position: number) => this.#times[Math.min(lastPlace, Math.max(0, Math.round(position)))]!;
    const barsAfter = lastPlace - range.to;
    return {
      from: timeAt(range.from),
      to: barCloseAfter(timeAt(range.to), this.#look.lengthMs),
      atEnd: barsAfter <= 0.5,
      barsBefore: range.from,
      barsAfter,
    };
  }

  scroll(bars: number): void {
    this.#scale.scrollToPosition(this.#scale.scrollPosition() + bars, false);
  }

  /** Makes the range on the screen `factor` times as long; its end stays. */
  zoom(factor: number): void {
    const range = this.#scale.getVisibleLogicalRange();
    if (range) this.#setRange(range.to - (range.to - range.from) * factor, range.to);
  }

  /** Puts the crosshair on a bar, scrolling to it if needed; null removes it. */
  point(bar: BarRow | null): void {
    if (!bar) {
      this.#chart.clearCrosshairPosition();
      return;
    }
    const range = this.#scale.getVisibleLogicalRange();
    const index = lastAtOrBefore(this.#times, bar.open_time);
    if (range && index < range.from + 1) this.scroll(index - range.from - 1);
    if (range && index > range.to - 1) this.scroll(index - range.to + 1);
    this.#chart.setCrosshairPosition(bar.close, (bar.open_time / 1000) as UTCTimestamp, this.#series.candles);
  }

  /** Open times on the axis, and the pixel of a position on it in bars. */
  axis(): {
    readonly times: readonly number[];
    readonly toPixel: (position: number) => number;
    readonly width: number;
  } {
    return { times: this.#times, toPixel: toPixel(this.#scale), width: this.#scale.width() };
  }

  setLook(look: ChartLook): void {
    this.#look = look;
    this.#chart.applyOptions(lookOptions(look));
    this.#series.setPalette(look.palette);
    this.#series.setPrecision(look.precision);
    if (!look.hasAtr) this.#series.removeAtr();
    if (this.#bars.length > 0) this.#series.draw(this.#bars, this.#times, look.palette);
  }

  #setRange(from: number, to: number): void {
    this.#scale.setVisibleLogicalRange({ from, to });
  }
}

/**
 * Keeps the bars on the screen at their pixels when places were added before or between them. A screen that
 * shows the last place goes on with it.
 */
function keepRange(
  scale: ITimeScaleApi<Time>,
  range: LogicalRange,
  times: { readonly before: readonly number[]; readonly now: readonly number[] },
): void {
  const { before, now } = times;
  const follows = range.to >= before.length - 1.5;
  const edge = Math.min(before.length - 1, Math.max(0, Math.floor(range.to)));
  const shift = follows ? now.length - before.length : lastAtOrBefore(now, before[edge]!) - edge;
  scale.setVisibleLogicalRange({ from: range.from + shift, to: range.to + shift });
}

/** The chart knows the pixels of whole positions only; those between them lie on a line. */
function toPixel(scale: ITimeScaleApi<Time>): (position: number) => number {
  const first = scale.logicalToCoordinate(0 as Logical) ?? 0;
  const second = scale.logicalToCoordinate(1 as Logical) ?? 0;
  return (position) => first + position * (second - first);
}
