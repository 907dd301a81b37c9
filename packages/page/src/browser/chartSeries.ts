import type { BarRow } from '@candlelake/core';
import {
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type UTCTimestamp,
} from 'lightweight-charts';
import { crossMarkers } from '../model/markers.ts';
import {
  candlePlaces,
  type Palette,
  type Place,
  type ValueColumn,
  valuePlaces,
  volumePlace,
} from '../model/series.ts';

/** The series of the chart: candles, volume and averages in the first pane, the ATR in its own. */
export interface ChartSeries {
  readonly candles: ISeriesApi<'Candlestick'>;
  /** Draws all bars. */
  draw(bars: readonly BarRow[], times: readonly number[], palette: Palette): void;
  /** Draws the last bar again, or one that was added after it. */
  drawLast(bars: readonly BarRow[], palette: Palette): void;
  setPalette(palette: Palette): void;
  setPrecision(precision: number): void;
  /** Takes the pane of the ATR away, for a lake without it. */
  removeAtr(): void;
}

/** Share of the pane above the volume's highest column. */
const VOLUME_TOP = 0.84;
const ATR_PANE = 1;
const LINE = {
  lineWidth: 2,
  priceLineVisible: false,
  lastValueVisible: false,
  crosshairMarkerVisible: false,
} as const;

export function createChartSeries(chart: IChartApi): ChartSeries {
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: true });
  const volume = addVolume(chart);
  const lines = new Map<ValueColumn, ISeriesApi<'Line'>>([
    ['ma_short', chart.addSeries(LineSeries, LINE)],
    ['ma_long', chart.addSeries(LineSeries, LINE)],
    ['atr', chart.addSeries(LineSeries, { ...LINE, lastValueVisible: true }, ATR_PANE)],
  ]);
  const drawMarkers = createMarkers(candles);
  return {
    candles,
    draw(bars, times, palette) {
      candles.setData(timed(candlePlaces(bars, times, palette)));
      volume.setData(timed(bars.map((bar) => volumePlace(bar, palette))));
      for (const [column, line] of lines) line.setData(timed(valuePlaces(bars, column, palette)));
      drawMarkers(bars, palette);
    },
    drawLast(bars, palette) {
      const last = bars.slice(-1);
      for (const place of timed(candlePlaces(last, openTimes(last), palette))) candles.update(place);
      for (const place of timed(last.map((bar) => volumePlace(bar, palette)))) volume.update(place);
      for (const [column, line] of lines)
        for (const place of timed(valuePlaces(last, column, palette))) line.update(place);
      drawMarkers(bars, palette);
    },
    setPalette({ up, down, lines: colors }) {
      candles.applyOptions({ upColor: up, borderUpColor: up, wickUpColor: up });
      candles.applyOptions({ downColor: down, borderDownColor: down, wickDownColor: down });
      for (const [column, line] of lines) line.applyOptions({ color: colors[column] });
    },
    setPrecision(precision) {
      const priceFormat = { type: 'price', precision, minMove: 10 ** -precision } as const;
      for (const series of [candles, ...lines.values()]) series.applyOptions({ priceFormat });
    },
    removeAtr() {
      const atr = lines.get('atr');
      if (atr) chart.removeSeries(atr);
      lines.delete('atr');
    },
  };
}

function addVolume(chart: IChartApi): ISeriesApi<'Histogram'> {
  const volume = chart.addSeries(HistogramSeries, {
    ...{ priceScaleId: 'volume', priceFormat: { type: 'volume' } },
    ...{ priceLineVisible: false, lastValueVisible: false },
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: VOLUME_TOP, bottom: 0 } });
  return volume;
}

/** Draws the crossovers; setting thousands of markers anew with each update of the open bar would cost. */
function createMarkers(
  candles: ISeriesApi<'Candlestick'>,
): (bars: readonly BarRow[], palette: Palette) => void {
  const markers = createSeriesMarkers(candles, []);
  let shown = '';
  return (bars, { up, down }) => {
    const crosses = crossMarkers(bars);
    const key = JSON.stringify([crosses, up, down]);
    if (key === shown) return;
    shown = key;
    markers.setMarkers(
      crosses.map(({ openTime, kind }) =>
        kind === 'golden'
          ? { time: seconds(openTime), position: 'belowBar', shape: 'arrowUp', color: up }
          : { time: seconds(openTime), position: 'aboveBar', shape: 'arrowDown', color: down },
      ),
    );
  };
}

function openTimes(bars: readonly BarRow[]): readonly number[] {
  return bars.map(({ open_time }) => open_time);
}

function seconds(instant: number): UTCTimestamp {
  return (instant / 1000) as UTCTimestamp;
}

/** The chart marks its own kind of time by a type; the numbers are the same. */
function timed<T extends Place>(places: readonly T[]): (T & { time: UTCTimestamp })[] {
  return places as (T & { time: UTCTimestamp })[];
}
