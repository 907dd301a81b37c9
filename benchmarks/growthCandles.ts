import { type Candle, DAY_MS, type EpochMs, MINUTE_MS } from '@candlelake/core';

/** Midnight: the hour of the benchmark begins a day. */
export const GROWTH_END: EpochMs = Date.UTC(2026, 10, 22);
export const SLOTS_PER_DAY = 480;

/** A final candle whose values follow from its time and the number of its symbol. */
export function candleAt(openTime: EpochMs, index: number): Candle {
  const slot = openTime / (3 * MINUTE_MS);
  const price = 100 + ((slot * 37 + index * 11) % 500) / 10;
  const values = { open: `${price}`, high: `${price + 2}`, low: `${price - 2}`, close: `${price + 1}` };
  const status = { status: 'final', source: 'history', observed: openTime + DAY_MS } as const;
  return { openTime, ...values, volume: `${(slot % 97) + 0.125}`, ...status };
}
