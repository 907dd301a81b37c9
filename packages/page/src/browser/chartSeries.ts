import type { BarRow } from '@candlelake/core';
import {
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  LineSeries,
  type UTCTimestamp,
} from 'lightweight-charts';
import { crossMarkers } from '../model/markers.ts';
import {
  candlePlace,
  candlePlaces,
  type Palette,
  type Place,
  valuePlaces,
  volumePlace,
} from '../model/series.ts';

/** The series of the chart: candles, volume and averages in the first pane, the ATR in its own. */
export interface ChartSeries {
  readonly candles: ReturnType<typeof addCandles>;
  /** Draws all bars. */
  draw(bars: readonly BarRow[], times: readonly number[], palette: Palette): void;
  /** Draws the last bar again, or one that was added after it. */
  drawLast(bars: readonly BarRow[], palette: Palette): void;
  setPalette(palette: Palette): void;
  setPrecision(precision: number): void;
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
  const candles = addCandles(chart);
  const volume = chart.addSeries(HistogramSeries, {
    ...{ priceScaleId: 'volume', priceFormat: { type: 'volume' } },
    ...{ priceLineVisible: false, lastValueVisible: false },
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: VOLUME_TOP, bottom: 0 } });
  const maShort = chart.addSeries(LineSeries, LINE);
  const maLong = chart.addSeries(LineSeries, LINE);
  const atr = chart.addSeries(LineSeries, { ...LINE, lastValueVisible: true }, ATR_PANE);
  const markers = createSeriesMarkers(candles, []);
  let shownMarkers = '';
  const setMarkers = (bars: readonly BarRow[], { up, down }: Palette) => {
    const crosses = crossMarkers(bars);
    const key = JSON.stringify([crosses, up, down]);
    if (key === shownMarkers) return;
    shownMarkers = key;
    markers.setMarkers(
      crosses.map(({ openTime, kind }) =>
        kind === 'golden'
          ? { time: seconds(openTime), position: 'belowBar', shape: 'arrowUp', color: up }
          : { time: seconds(openTime), position: 'aboveBar', shape: 'arrowDown', color: down },
      ),
    );
  };
  return {
    candles,
    draw(bars, times, palette) {
      candles.setData(timed(candlePlaces(bars, times, palette)));
      volume.setData(timed(bars.map((bar) => volumePlace(bar, palette))));
      maShort.setData(timed(valuePlaces(bars, 'ma_short', palette)));
      maLong.setData(timed(valuePlaces(bars, 'ma_long', palette)));
      atr.setData(timed(valuePlaces(bars, 'atr', palette)));
      setMarkers(bars, palette);
    },
    drawLast(bars, palette) {
      const last = bars.slice(-1);
      for (const bar of last) {
        candles.update(timed([candlePlace(bar, palette)])[0]!);
        volume.update(timed([volumePlace(bar, palette)])[0]!);
      }
      for (const place of timed(valuePlaces(last, 'ma_short', palette))) maShort.update(place);
      for (const place of timed(valuePlaces(last, 'ma_long', palette))) maLong.update(place);
      for (const place of timed(valuePlaces(last, 'atr', palette))) atr.update(place);
      setMarkers(bars, palette);
    },
    setPalette(palette) {
      const { up, down } = palette;
      candles.applyOptions({ upColor: up, borderUpColor: up, wickUpColor: up });
      candles.applyOptions({ downColor: down, borderDownColor: down, wickDownColor: down });
      maShort.applyOptions({ color: palette.maShort });
      maLong.applyOptions({ color: palette.maLong });
      atr.applyOptions({ color: palette.atr });
    },
    setPrecision(precision) {
      const priceFormat = { type: 'price', precision, minMove: 10 ** -precision } as const;
      for (const series of [candles, maShort, maLong, atr]) series.applyOptions({ priceFormat });
    },
  };
}

function addCandles(chart: IChartApi) {
  return chart.addSeries(CandlestickSeries, { borderVisible: true });
}

function seconds(instant: number): UTCTimestamp {
  return (instant / 1000) as UTCTimestamp;
}

/** The chart marks its own kind of time by a type; the numbers are the same. */
function timed<T extends Place>(places: readonly T[]): (T & { time: UTCTimestamp })[] {
  return places as (T & { time: UTCTimestamp })[];
}
