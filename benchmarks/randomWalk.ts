import { DAY_MS, type DaySlots, MINUTE_MS, SlotState } from '@candlelake/core';
import { createSeededRandom } from '../tests/support/seededRandom.ts';
import type { ReferenceInput } from './kernelReference.ts';

const FIRST_DAY = Date.UTC(2021, 0, 1);
const INTERVAL_MS = 3 * MINUTE_MS;
const SLOTS_PER_DAY = DAY_MS / INTERVAL_MS;
const VOLUME_SCALE = 4;

/** Days of 3m candles: a random walk in steps of a tick, the same in every run. */
export function walkCandles(days: number): ReferenceInput {
  const count = days * SLOTS_PER_DAY;
  const column = () => new Float64Array(count);
  const candles = {
    openTime: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  const random = createSeededRandom(21);
  let ticks = 300_000;
  for (let i = 0; i < count; i++) {
    const end = Math.max(ticks + Math.round((random() - 0.5) * 800), 10_000);
    candles.openTime[i] = FIRST_DAY + i * INTERVAL_MS;
    candles.open[i] = ticks / 10;
    candles.close[i] = end / 10;
    candles.high[i] = (Math.max(ticks, end) + Math.floor(random() * 200)) / 10;
    candles.low[i] = (Math.min(ticks, end) - Math.floor(random() * 200)) / 10;
    candles.volume[i] = Math.floor(random() * 1e6) / 10 ** VOLUME_SCALE;
    ticks = end;
  }
  return candles;
}

/** The same candles as the slots of each day, all final. */
export function daysOf(input: ReferenceInput): readonly DaySlots[] {
  return Array.from({ length: input.openTime.length / SLOTS_PER_DAY }, (_, index) => {
    const part = (column: Float64Array) => column.slice(index * SLOTS_PER_DAY, (index + 1) * SLOTS_PER_DAY);
    return {
      day: FIRST_DAY + index * DAY_MS,
      intervalMs: INTERVAL_MS,
      length: SLOTS_PER_DAY,
      state: new Uint8Array(SLOTS_PER_DAY).fill(SlotState.final),
      open: part(input.open),
      high: part(input.high),
      low: part(input.low),
      close: part(input.close),
      volume: {
        scale: VOLUME_SCALE,
        units: part(input.volume).map((volume) => Math.round(volume * 10 ** VOLUME_SCALE)),
      },
      source: new Uint8Array(SLOTS_PER_DAY),
    };
  });
}
