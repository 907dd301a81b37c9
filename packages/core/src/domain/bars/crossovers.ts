import type { Market } from '../candle/candle.ts';
import { type EpochMs, formatInstant } from '../time/time.ts';
import { formatTimeframe } from '../time/timeframe.ts';
import { BAR_STATUSES, type BarColumns, type BarStatus } from './bars.ts';
import { type IndicatorColumns, MA_CROSSES } from './indicators.ts';

/** A crossover of the moving averages, as the lake shows it. */
export interface Crossover {
  /** Market, symbol, timeframe, open time and kind: the name of the event for good. */
  readonly id: string;
  readonly market: Market;
  readonly symbol: string;
  /** `21m`. */
  readonly timeframe: string;
  readonly kind: (typeof MA_CROSSES)[number];
  /** Of the bar, as text. */
  readonly openTime: string;
  /** Of the bar, epoch ms. */
  readonly closeTime: EpochMs;
  readonly close: number;
  readonly maShort: number;
  readonly maLong: number;
  /** Of the bar. */
  readonly status: BarStatus;
}

/** The bars of one series and timeframe with their indicators. */
export interface SeriesBars {
  readonly series: { readonly market: Market; readonly symbol: string };
  readonly timeframeMinutes: number;
  readonly bars: BarColumns;
  readonly indicators: IndicatorColumns;
}

/** The crossovers of one series and timeframe, in time order. */
export function crossoversOf(derived: SeriesBars): readonly Crossover[] {
  const crossovers: Crossover[] = [];
  for (let row = 0; row < derived.bars.length; row++) {
    const kind = MA_CROSSES[derived.indicators.maCross[row]! - 1];
    if (kind) crossovers.push(crossoverAt(derived, row, kind));
  }
  return crossovers;
}

/** The same for the same bar and kind, on every host and in the page. */
export function crossoverId({
  market,
  symbol,
  timeframe,
  openTime,
  kind,
}: Pick<Crossover, 'market' | 'symbol' | 'timeframe' | 'openTime' | 'kind'>): string {
  return `${market}#${symbol}#${timeframe}#${openTime}#${kind}`;
}

function crossoverAt(
  { series: { market, symbol }, timeframeMinutes, bars, indicators }: SeriesBars,
  row: number,
  kind: Crossover['kind'],
): Crossover {
  const timeframe = formatTimeframe(timeframeMinutes);
  const openTime = formatInstant(bars.openTime[row]!);
  return {
    id: crossoverId({ market, symbol, timeframe, openTime, kind }),
    market,
    symbol,
    timeframe,
    kind,
    openTime,
    closeTime: bars.closeTime[row]!,
    close: bars.close[row]!,
    maShort: indicators.maShort[row]!,
    maLong: indicators.maLong[row]!,
    status: BAR_STATUSES[bars.status[row]!]!,
  };
}
