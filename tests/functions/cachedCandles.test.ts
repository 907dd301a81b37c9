import { type CandleStore, createMemoryStore, type StoredDay } from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheCandles } from '../../packages/functions/src/adapters/cachedCandles.ts';
import { factsOf, sayings } from '../contracts/mergeLaw.ts';
import { BTC, DAY, ETH, FRIDAY, makeCandle, SLOT } from '../contracts/storeFixture.ts';

const LIMITS = { dayMs: 3_600_000, listMs: 60_000 };

function openCached(now = () => FRIDAY + 3_600_000) {
  const store = createMemoryStore({ now });
  const reads: string[] = [];
  const counted: CandleStore = {
    ...store,
    listSeries: () => {
      reads.push('list');
      return store.listSeries();
    },
    readDay: (series, day) => {
      reads.push(`${series.symbol} ${(day - FRIDAY) / DAY}`);
      return store.readDay(series, day);
    },
  };
  return { store, reads, cached: cacheCandles(counted, { ...LIMITS, now }) };
}

describe('a store that remembers what it read', () => {
  test('answers as the store itself does, whatever is written through it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(sayings, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        async (batches) => {
          const { store, cached } = openCached();
          for (const batch of batches) {
            await cached.merge(batch.map(factsOf));
            for (const series of [BTC, ETH]) {
              expect(await cached.readDay(series, FRIDAY)).toEqual(await store.readDay(series, FRIDAY));
            }
            expect(await cached.listSeries()).toEqual(await store.listSeries());
          }
        },
      ),
      { numRuns: 200 },
    ));

  test('reads today and yesterday once, and older days each time', async () => {
    const { cached, reads } = openCached();
    for (let round = 0; round < 3; round++) {
      for (const offset of [0, -1, -2]) await cached.readDay(BTC, FRIDAY + offset * DAY);
    }
    expect(reads.sort()).toEqual(['BTC-USDT -1', 'BTC-USDT -2', 'BTC-USDT -2', 'BTC-USDT -2', 'BTC-USDT 0']);
  });

  test('shows what another process wrote after its time', async () => {
    let now = FRIDAY + 3_600_000;
    const { store, cached } = openCached(() => now);
    expect((await cached.readDay(BTC, FRIDAY)).candles).toEqual([]);
    await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
    expect((await cached.readDay(BTC, FRIDAY)).candles).toEqual([]);
    now += LIMITS.dayMs + 1;
    expect((await cached.readDay(BTC, FRIDAY)).candles).toHaveLength(1);
    expect((await cached.listSeries()).map(({ symbol }) => symbol)).toEqual(['BTC-USDT']);
  });

  test('does not remember a read that a write overtook', async () => {
    const store = createMemoryStore({ now: () => FRIDAY });
    const slow = Promise.withResolvers<StoredDay>();
    const cached = cacheCandles({ ...store, readDay: () => slow.promise }, { ...LIMITS, now: () => FRIDAY });
    const reading = cached.readDay(BTC, FRIDAY);
    await cached.merge([{ series: BTC, candles: [makeCandle(FRIDAY + SLOT)] }]);
    slow.resolve({ candles: [makeCandle(FRIDAY)], absences: [] });
    expect((await reading).candles).toHaveLength(1);
    const times = (await cached.readDay(BTC, FRIDAY)).candles.map(({ openTime }) => openTime);
    expect(times).toEqual([FRIDAY, FRIDAY + SLOT]);
  });

  test('asks again after a read that failed', async () => {
    const store = createMemoryStore({ now: () => FRIDAY });
    let fails = true;
    const readDay: CandleStore['readDay'] = async (series, day) => {
      if (!fails) return store.readDay(series, day);
      fails = false;
      throw new Error('throttled');
    };
    const cached = cacheCandles({ ...store, readDay }, { ...LIMITS, now: () => FRIDAY });
    await expect(cached.readDay(BTC, FRIDAY)).rejects.toThrow('throttled');
    expect(await cached.readDay(BTC, FRIDAY)).toEqual({ candles: [], absences: [] });
  });
});
