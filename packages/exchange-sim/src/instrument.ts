import type { EpochMs } from '@candlelake/core';
import type { ContractState } from './contractState.ts';

/**
 * A candle in whole numbers: prices in units of the last price digit, volume in units of the last volume
 * digit.
 */
export interface UnitCandle {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** One tradable symbol and its final candles. */
export interface Instrument {
  readonly symbol: string;
  /** Seed of all random values of this symbol. */
  readonly seed: number;
  /** Length of a base candle, in ms; candles of larger intervals are aggregated from these. */
  readonly baseMs: number;
  /** Digits after the point of a price. */
  readonly priceDecimals: number;
  /** Digits after the point of a volume in the stream. */
  readonly volumeDecimals: number;
  /** Digits after the point of a volume in history: fewer, as recorded. */
  readonly historyVolumeDecimals: number;
  readonly launchTime: EpochMs;
  /** What the contract list says beside the launch time; online without an end when left out. */
  readonly contract?: Partial<ContractState>;
  /** Base candles can exist in [from, to). */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** What history shows for a slot without trades: no row, or a flat row with volume 0. */
  readonly quietRows: 'absent' | 'flat';
  /** Frames a second while the symbol trades. */
  readonly updatesPerSecond: number;
  /** The final base candle that opens at `openTime`; null when nothing was traded. Pure. */
  readonly candle: (openTime: EpochMs) => UnitCandle | null;
}

/** The symbols of an exchange, by name. */
export type Market = ReadonlyMap<string, Instrument>;

/** One candle made of two consecutive ones; either may be missing. */
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

/** The trades in [from, to), both on the base grid, as one candle; null when there were none. */
export function tradedBetween(instrument: Instrument, from: EpochMs, to: EpochMs): UnitCandle | null {
  let whole: UnitCandle | null = null;
  const end = Math.min(to, instrument.to);
  for (let time = Math.max(from, instrument.from); time < end; time += instrument.baseMs) {
    whole = joinCandles(whole, instrument.candle(time));
  }
  return whole;
}
