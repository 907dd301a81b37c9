import { type EpochMs, formatInstant } from '../time/time.ts';
import { formatTimeframe } from '../time/timeframe.ts';
import { BAR_STATUSES, type BarColumns } from './bars.ts';
import { type IndicatorColumns, MA_CROSSES } from './indicators.ts';

/** A crossover of the moving averages, as it is sent out. */
export interface Crossover {
  /** Made of symbol, timeframe, bar and kind, so that a receiver can drop repeats. */
  readonly id: string;
  readonly symbol: string;
  /** `21m`. */
  readonly timeframe: string;
  /** `GOLDEN_CROSS` or `DEATH_CROSS`. */
  readonly kind: string;
  /** Of the bar, as text. */
  readonly openTime: string;
  /** Of the bar, epoch ms. */
  readonly closeTime: EpochMs;
  readonly close: number;
  readonly maShort: number;
  readonly maLong: number;
  /** Of the bar when the crossover was found; the values of a provisional bar may still change. */
  readonly status: string;
}

/** The bars of one series and timeframe with their indicators. */
interface SeriesBars {
  readonly series: { readonly symbol: string };
  readonly timeframeMinutes: number;
  readonly bars: BarColumns;
  readonly indicators: IndicatorColumns;
}

/** The crossovers at bars that close after `since` (epoch ms), in the order of the input. */
export function crossoversOf(derived: readonly SeriesBars[], since: EpochMs): readonly Crossover[] {
  const crossovers: Crossover[] = [];
  for (const one of derived) {
    for (let row = 0; row < one.bars.length; row++) {
      const kind = MA_CROSSES[one.indicators.maCross[row]! - 1];
      if (kind && one.bars.closeTime[row]! > since) crossovers.push(crossoverAt(one, row, kind));
    }
  }
  return crossovers;
}

function crossoverAt(
  { series: { symbol }, timeframeMinutes, bars, indicators }: SeriesBars,
  row: number,
  kind: string,
): Crossover {
  const timeframe = formatTimeframe(timeframeMinutes);
  const openTime = formatInstant(bars.openTime[row]!);
  return {
    id: `${symbol}#${timeframe}#${openTime}#${kind}`,
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
