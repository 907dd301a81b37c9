import type { EpochMs } from '@candlelake/core';

/** A candle in whole numbers: prices in units of the last price digit, volume in units of the last volume digit. */
export interface UnitCandle {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** One tradable symbol and what truly happened on it. */
export interface Instrument {
  readonly symbol: string;
  /** Seed of everything that is drawn for this symbol. */
  readonly seed: number;
  /** The interval from which all others are added up, in ms. */
  readonly baseMs: number;
  /** Digits behind the point of a price. */
  readonly priceDecimals: number;
  /** Digits behind the point of a volume as the stream shows it. */
  readonly volumeDecimals: number;
  /** Digits behind the point of a volume as history shows it: fewer, as recorded. */
  readonly historyVolumeDecimals: number;
  readonly launchTime: EpochMs;
  /** Base candles can exist in [from, to). */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** What history shows for a time without trades: no row, or a flat row of volume 0. */
  readonly quietRows: 'absent' | 'flat';
  /** Pushes a second while the symbol trades. */
  readonly updatesPerSecond: number;
  /** The final base candle that opens at `openTime`; null when nothing was traded. Pure. */
  readonly candle: (openTime: EpochMs) => UnitCandle | null;
}

/** The symbols of an exchange, by name. */
export type Market = ReadonlyMap<string, Instrument>;

/** One candle made of two that follow each other; either may be missing. */
export function joinCandles(earlier: UnitCandle | null, later: UnitCandle | null): UnitCandle | null {
  if (!earlier || !later) return earlier ?? later;
  return {
    open: earlier.open,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    close: later.close,
    volume: earlier.volume + later.volume,
  };
}

/** What was traded in [from, to), both on the base grid, as one candle; null when nothing was. */
export function tradedBetween(instrument: Instrument, from: EpochMs, to: EpochMs): UnitCandle | null {
  let whole: UnitCandle | null = null;
  const end = Math.min(to, instrument.to);
  for (let time = Math.max(from, instrument.from); time < end; time += instrument.baseMs) {
    whole = joinCandles(whole, instrument.candle(time));
  }
  return whole;
}
