import type { EpochMs } from '@candlelake/core';
import { formatRounded, formatUnits } from './decimals.ts';
import { type Instrument, joinCandles, tradedBetween, type UnitCandle } from './instrument.ts';
import { lastUpdateBy, stateAfter, updatesOf } from './updates.ts';

/** A candle as history shows it. */
export interface ShownCandle {
  readonly openTime: EpochMs;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** How many base candles a flat row looks back for the last price. */
const FLAT_LOOKBACK = 20_000;

/** The final candle of a slot; null for a slot that never has a row. Pure. */
export function candleAt(instrument: Instrument, intervalMs: number, openTime: EpochMs): ShownCandle | null {
  return shownAt(instrument, intervalMs, openTime, openTime + intervalMs);
}

/** A slot at `time` on an exchange without faults: growing before its close, final from then on. Pure. */
export function shownAt(
  instrument: Instrument,
  intervalMs: number,
  openTime: EpochMs,
  time: EpochMs,
): ShownCandle | null {
  const candle = unitsAt(instrument, intervalMs, openTime, time);
  return candle && showCandle(instrument, openTime, candle);
}

/** {@link shownAt} in whole units. */
export function unitsAt(
  instrument: Instrument,
  intervalMs: number,
  openTime: EpochMs,
  time: EpochMs,
): UnitCandle | null {
  const { baseMs } = instrument;
  const closeTime = openTime + intervalMs;
  if (intervalMs % baseMs !== 0 || time < openTime) return null;
  if (openTime >= instrument.to || closeTime <= instrument.from) return null;
  const whole = tradedBetween(instrument, openTime, Math.min(closeTime, startOf(time, baseMs)));
  const traded = time >= closeTime ? whole : joinCandles(whole, openPart(instrument, time));
  return traded ?? flatCandle(instrument, openTime);
}

/** Candle values in the texts of history. */
export function showCandle(instrument: Instrument, openTime: EpochMs, candle: UnitCandle): ShownCandle {
  const { priceDecimals, volumeDecimals, historyVolumeDecimals } = instrument;
  return {
    openTime,
    open: formatUnits(candle.open, priceDecimals),
    high: formatUnits(candle.high, priceDecimals),
    low: formatUnits(candle.low, priceDecimals),
    close: formatUnits(candle.close, priceDecimals),
    volume: formatRounded(candle.volume, volumeDecimals, historyVolumeDecimals),
  };
}

/**
 * `time` rounded down to a multiple of `length` ms since the epoch; for all intervals up to a day, 00:00 UTC
 * is one.
 */
export function startOf(time: EpochMs, length: number): EpochMs {
  return Math.floor(time / length) * length;
}

function openPart(instrument: Instrument, time: EpochMs): UnitCandle | null {
  const baseOpen = startOf(time, instrument.baseMs);
  if (baseOpen < instrument.from || baseOpen >= instrument.to) return null;
  const updates = updatesOf(instrument, baseOpen);
  return updates && stateAfter(updates, lastUpdateBy(updates, time - baseOpen));
}

function flatCandle(instrument: Instrument, openTime: EpochMs): UnitCandle | null {
  if (instrument.quietRows === 'absent') return null;
  for (let step = 1; step <= FLAT_LOOKBACK; step += 1) {
    const time = openTime - step * instrument.baseMs;
    if (time < instrument.from) return null;
    const close = instrument.candle(time)?.close;
    if (close !== undefined) return { open: close, high: close, low: close, close, volume: 0 };
  }
  return null;
}
