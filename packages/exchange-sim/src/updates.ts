import type { EpochMs } from '@candlelake/core';
import type { Instrument, UnitCandle } from './instrument.ts';
import { draw } from './noise.ts';

/** The states of one open base candle, one for each update, in columns. */
export interface Updates {
  readonly length: number;
  /** Ms after the candle's open, ascending, below the candle's length. */
  readonly at: Float64Array;
  readonly close: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  /** Grows with every update. The last one is up to {@link MAX_SHORTFALL} below the final volume. */
  readonly volume: Float64Array;
  readonly final: UnitCandle;
}

/** Recorded: the stream's last volume is 0.07 to 0.24 % below that of history (docs/bingx.md trap 13). */
export const MAX_SHORTFALL = 0.0025;

const lastUpdates = new WeakMap<
  Instrument,
  { readonly openTime: EpochMs; readonly updates: Updates | null }
>();

/**
 * The updates of the base candle that opens at `openTime`; null without a trade. Pure; the last result is
 * cached.
 */
export function updatesOf(instrument: Instrument, openTime: EpochMs): Updates | null {
  const last = lastUpdates.get(instrument);
  if (last?.openTime === openTime) return last.updates;
  const updates = planUpdates(instrument, openTime);
  lastUpdates.set(instrument, { openTime, updates });
  return updates;
}

/** The state after update `index`; null for -1, before the first. */
export function stateAfter(updates: Updates, index: number): UnitCandle | null {
  if (index < 0) return null;
  return {
    open: updates.final.open,
    high: updates.high[index]!,
    low: updates.low[index]!,
    close: updates.close[index]!,
    volume: updates.volume[index]!,
  };
}

/** The index of the last update at or before `offset` ms after the open; -1 for none. */
export function lastUpdateBy(updates: Updates, offset: number): number {
  let index = updates.length - 1;
  while (index >= 0 && updates.at[index]! > offset) index -= 1;
  return index;
}

function planUpdates(instrument: Instrument, openTime: EpochMs): Updates | null {
  const final = instrument.candle(openTime);
  if (!final || final.volume <= 0) return null;
  const { seed, baseMs } = instrument;
  const shown = final.volume - Math.floor(final.volume * MAX_SHORTFALL * draw(seed, 20, openTime));
  // With four volume units an update, each one adds at least one.
  const wanted = Math.round((instrument.updatesPerSecond * baseMs) / 1000);
  const length = Math.max(1, Math.min(wanted, Math.floor(shown / 4)));
  const columns = {
    at: new Float64Array(length),
    close: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    volume: new Float64Array(length),
  };
  const price = pricePath(final, length, (key) => draw(seed, 21, openTime, key));
  let high = final.open;
  let low = final.open;
  for (let i = 0; i < length; i += 1) {
    const jitter = draw(seed, 22, openTime, i);
    const close = price(i);
    high = Math.max(high, close);
    low = Math.min(low, close);
    columns.at[i] = Math.floor(((i + jitter) / length) * baseMs);
    columns.close[i] = close;
    columns.high[i] = high;
    columns.low[i] = low;
    columns.volume[i] = Math.floor((shown * (i + 0.25 + jitter / 2)) / length);
  }
  // A single update has no path through high and low.
  columns.close[length - 1] = final.close;
  columns.high[length - 1] = final.high;
  columns.low[length - 1] = final.low;
  columns.volume[length - 1] = shown;
  return { length, final, ...columns };
}

/**
 * A price for each update: from the open through high and low, in either order, to the close, with noise
 * added.
 */
function pricePath(
  final: UnitCandle,
  length: number,
  drawn: (key: number) => number,
): (index: number) => number {
  const { open, high, low, close } = final;
  const last = length - 1;
  const first = Math.floor(last * drawn(-1) * 0.5);
  const second = Math.max(first, Math.floor(last * (0.5 + drawn(-2) * 0.5)));
  const [peak, trough] = drawn(-3) < 0.5 ? [high, low] : [low, high];
  const straight = (index: number) => {
    if (index <= first) return between(open, peak, first === 0 ? 1 : index / first);
    if (index <= second) return between(peak, trough, (index - first) / (second - first));
    return between(trough, close, (index - second) / (last - second));
  };
  return (index) => {
    if (index === first || index === second) return straight(index);
    const noise = (high - low) * 0.2 * (drawn(index) - 0.5);
    return Math.min(high, Math.max(low, Math.round(straight(index) + noise)));
  };
}

function between(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
