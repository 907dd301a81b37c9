import {
  BAR_STATUSES,
  type DerivedBars,
  type EpochMs,
  formatInstant,
  formatTimeframe,
  MA_CROSSES,
} from '@candlelake/core';

/** A crossover of the moving averages, as it goes out. */
export interface Crossover {
  /** The same for the same symbol, timeframe, bar and kind: whoever gets it twice can tell. */
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
  /** Of the bar when the crossover was found: a provisional one may still change a little. */
  readonly status: string;
}

/** The crossovers among derived bars that close after `since`. */
export function crossoversOf(derived: readonly DerivedBars[], since: EpochMs): readonly Crossover[] {
  return derived.flatMap((one) =>
    Array.from({ length: one.bars.length }, (_, row) => row).flatMap((row) => {
      const kind = MA_CROSSES[one.indicators.maCross[row]! - 1];
      return kind && one.bars.closeTime[row]! > since ? [crossoverAt(one, row, kind)] : [];
    }),
  );
}

function crossoverAt(
  { series: { symbol }, timeframeMinutes, bars, indicators }: DerivedBars,
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
