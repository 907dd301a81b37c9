import { CrosshairMode } from 'lightweight-charts';
import { formatMark, formatMinute, formatPrice, type TimeZone } from '../model/format.ts';
import type { Palette } from '../model/series.ts';

export interface ChartLook {
  readonly palette: Palette;
  readonly zone: TimeZone;
  readonly precision: number;
  readonly hasAtr: boolean;
  /** Length of the timeframe. */
  readonly lengthMs: number;
}

/** Free places to the right of the newest bar. */
export const RIGHT_BARS = 4;

/** What does not change while the page is open. */
export function chartOptions() {
  return {
    autoSize: true,
    // The logo brings a style element of its own, which the Content-Security-Policy of the page refuses; the
    // footer of the page has the notice and the link instead.
    layout: { attributionLogo: false, fontSize: 12 },
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { rightOffset: RIGHT_BARS, timeVisible: true, secondsVisible: false, minBarSpacing: 0.3 },
    rightPriceScale: { scaleMargins: { top: 0.06, bottom: 0.2 } },
    kineticScroll: { mouse: false, touch: true },
  };
}

/** Colours, time zone and precision. */
export function lookOptions({ palette, zone, precision }: ChartLook) {
  const { background, text, grid, border } = palette;
  return {
    layout: {
      background: { color: background },
      textColor: text,
      panes: { separatorColor: border, separatorHoverColor: border },
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    rightPriceScale: { borderColor: border },
    timeScale: {
      borderColor: border,
      tickMarkFormatter: (time: unknown, kind: number) => formatMark((time as number) * 1000, kind, zone),
    },
    localization: {
      timeFormatter: (time: unknown) => formatMinute((time as number) * 1000, zone),
      priceFormatter: (price: number) => formatPrice(price, precision),
      locale: 'en-GB',
    },
  };
}
