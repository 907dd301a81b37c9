import {
  computeDay,
  createMemoryStore,
  DAY_MS,
  type EpochMs,
  type LakeSettings,
  type Series,
} from '@candlelake/core';
import { encode } from '../tests/support/encoder.ts';
import { lakeSettings } from '../tests/support/lakeSettings.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import { bestOf } from './bestOf.ts';
import type { BenchResult } from './result.ts';

const SYMBOLS = 600;
const ROUNDS = 3;
const DAY = Date.UTC(2026, 10, 20);
const SLOT_MS = 180_000;
const ONE = lakeSettings({ timeframes: [21] });
/** 3m, 21m, 1h, 4h and 1d. */
const FIVE = lakeSettings({ timeframes: [3, 21, 60, 240, 1440] });

/** From a day of 3m candles of 600 symbols in a store in memory to the bytes of its objects. */
export async function run(): Promise<BenchResult> {
  const store = await createStore();
  let reads = 0;
  const readDay = (series: Series, day: EpochMs) => {
    reads += 1;
    return store.readDay(series, day);
  };
  const ports = { candles: { ...store, readDay }, derivation: store, yieldToHost: async () => {} };
  const signal = new AbortController().signal;
  const derive = async (settings: LakeSettings) => {
    reads = 0;
    const { tables } = await computeDay(ports, settings, { day: DAY, signal });
    for (const table of tables.values()) if (table) encode(table);
  };
  const counted = { one: 0, five: 0 };
  const [one, five] = await bestOf(ROUNDS, [
    async () => {
      await derive(ONE);
      counted.one = reads;
    },
    async () => {
      await derive(FIVE);
      counted.five = reads;
    },
  ]);
  return {
    name: 'timeframes: a day of 600 symbols with one timeframe and with five',
    aim: 'the store is read once for all timeframes',
    rows: [
      { label: '21m: days read from the store', value: counted.one },
      { label: '3m, 21m, 1h, 4h, 1d: days read from the store', value: counted.five },
      { label: '21m: candles to the bytes of the objects', value: one!, unit: 'ms' },
      {
        label: '3m, 21m, 1h, 4h, 1d: candles to the bytes of the objects',
        ratio: five! / one!,
        value: five!,
        unit: 'ms',
      },
    ],
    note: `A day has 480 bars of 3m and 69 of 21m, 24 of 1h, 6 of 4h and one of 1d; best of ${ROUNDS}, interleaved`,
  };
}

async function createStore() {
  const store = createMemoryStore({ now: () => DAY + DAY_MS });
  await store.writeSettings(ONE);
  for (let index = 0; index < SYMBOLS; index++) {
    const series = swapSeries(`S${index}-USDT`, '3m');
    const candles = Array.from({ length: DAY_MS / SLOT_MS }, (_, slot) => {
      const price = (1_000 + index + 50 * Math.sin((slot + index) / 12)).toFixed(2);
      const openTime = DAY + slot * SLOT_MS;
      const prices = { open: price, high: price, low: price, close: price, volume: '1.5' };
      const known = { status: 'final', source: 'history', observed: openTime + DAY_MS } as const;
      return { openTime, ...prices, ...known };
    });
    await store.merge([{ series, candles }]);
  }
  await store.advanceAsOf(DAY + DAY_MS);
  return store;
}
