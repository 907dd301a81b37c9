import { type Candle, EMPTY_DAY, EMPTY_SLOT, type MergedSlot, type StoredDay } from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheSlots } from '../../packages/functions/src/adapters/dynamo/cachedSlots.ts';
import { createDynamoSlots, type DynamoSlots } from '../../packages/functions/src/adapters/dynamo/slots.ts';
import { createDynamoStore, createStreamStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { expectedDay, factsOf, slotFacts } from '../contracts/mergeLaw.ts';
import {
  BTC,
  DAY,
  deriveAll,
  ETH,
  FRIDAY,
  makeAbsence,
  makeCandle,
  SETTINGS,
  SLOT,
  visibleSlots,
} from '../contracts/storeFixture.ts';
import { createMemoryTable } from './memoryTable.ts';

const KEEP_MS = 6 * 3_600_000;
const ON_FRIDAY = { now: () => FRIDAY, keepMs: KEEP_MS };

function openCached() {
  let now = FRIDAY + 3_600_000;
  const table = createMemoryTable();
  const slots = createDynamoSlots(table, () => now);
  const calls: string[] = [];
  const counted: DynamoSlots = {
    ...slots,
    readDay: (series, day) => {
      calls.push(`read ${(day - FRIDAY) / DAY}`);
      return slots.readDay(series, day);
    },
    write: (...args) => {
      calls.push('write');
      return slots.write(...args);
    },
  };
  const cached = cacheSlots(counted, { now: () => now, keepMs: KEEP_MS });
  const wait = (ms: number) => {
    now += ms;
  };
  return { slots, cached, calls, wait };
}

function change(candle: Candle): MergedSlot {
  const { openTime } = candle;
  return { series: BTC, openTime, before: EMPTY_SLOT, after: { ...EMPTY_SLOT, candle }, visible: true };
}

describe('cached slots', () => {
  test('are read once for today and yesterday, and each time for earlier days', async () => {
    const { cached, calls, wait } = openCached();
    for (let round = 0; round < 2; round++) {
      for (const offset of [0, -1, -2]) await cached.readDay(BTC, FRIDAY + offset * DAY);
      await cached.read(BTC, FRIDAY, FRIDAY + SLOT);
    }
    expect(calls).toEqual(['read 0', 'read -1', 'read -2', 'read -2']);
    wait(KEEP_MS);
    await cached.readDay(BTC, FRIDAY);
    expect(calls).toHaveLength(4);
    wait(2 * DAY);
    await cached.readDay(BTC, FRIDAY);
    await cached.readDay(BTC, FRIDAY);
    expect(calls.slice(4)).toEqual(['read 0', 'read 0']);
  });

  test('show what was written through them, in the range that was asked for', async () => {
    const { slots, cached } = openCached();
    await cached.readDay(BTC, FRIDAY);
    for (const index of [3, 1, 2]) await cached.write(change(makeCandle(FRIDAY + index * SLOT)));
    expect(await cached.readDay(BTC, FRIDAY)).toEqual(await slots.readDay(BTC, FRIDAY));
    const { candles } = await cached.read(BTC, FRIDAY + SLOT, FRIDAY + 2 * SLOT);
    expect(candles.map(({ openTime }) => openTime)).toEqual([FRIDAY + SLOT, FRIDAY + 2 * SLOT]);
  });

  test('include a write that finished while the day was being read', async () => {
    const slow = Promise.withResolvers<StoredDay>();
    const { slots } = openCached();
    const cached = cacheSlots({ ...slots, readDay: () => slow.promise }, ON_FRIDAY);
    const reading = cached.readDay(BTC, FRIDAY);
    await cached.write(change(makeCandle(FRIDAY + SLOT)));
    slow.resolve({ ...EMPTY_DAY, candles: [makeCandle(FRIDAY)] });
    await reading;
    const { candles } = await cached.readDay(BTC, FRIDAY);
    expect(candles.map(({ openTime }) => openTime)).toEqual([FRIDAY, FRIDAY + SLOT]);
  });

  test('are read again after a write that failed, or that lost against another process', async () => {
    const { slots, cached, calls } = openCached();
    await cached.readDay(BTC, FRIDAY);
    await slots.write(change(makeCandle(FRIDAY, { close: '101' })));
    expect(await cached.write(change(makeCandle(FRIDAY)))).toBe(false);
    expect((await cached.readDay(BTC, FRIDAY)).candles).toHaveLength(1);
    expect(calls).toEqual(['read 0', 'write', 'read 0']);
    const failing = cacheSlots({ ...slots, write: () => Promise.reject(new Error('no')) }, ON_FRIDAY);
    await failing.readDay(BTC, FRIDAY);
    await expect(failing.write(change(makeCandle(FRIDAY + SLOT)))).rejects.toThrow('no');
    expect((await failing.readDay(BTC, FRIDAY)).candles).toHaveLength(1);
  });
});

test('two streams on one table store what the merge law says', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(slotFacts, fc.boolean()), { minLength: 1, maxLength: 24 }),
      async (given) => {
        const table = createMemoryTable();
        const options = { now: () => FRIDAY, realNow: () => 0 };
        const streams = [0, 1].map(() => createStreamStore(table, options));
        for (const [fact, isSecond] of given) await streams[isSecond ? 1 : 0]!.merge([factsOf(fact)]);
        const fresh = createStreamStore(table, options);
        for (const [series, isBtc] of [
          [BTC, true],
          [ETH, false],
        ] as const) {
          const law = expectedDay(given.map(([fact]) => fact).filter((fact) => fact.isBtc === isBtc));
          expect(await fresh.readDay(series, FRIDAY)).toEqual(law);
        }
      },
    ),
    { numRuns: 300 },
  ));

test('a stream with an outdated first slot marks the days before it', async () => {
  const table = createMemoryTable();
  const options = { now: () => FRIDAY + DAY, realNow: () => 0 };
  const stream = createStreamStore(table, options);
  const worker = createDynamoStore(table, options);
  await worker.writeSettings(SETTINGS);
  await stream.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
  await worker.merge([{ series: BTC, candles: [makeCandle(FRIDAY - DAY)] }]);
  await worker.advanceAsOf(FRIDAY + SLOT);
  const later = createDynamoStore(table, { ...options, realNow: () => 3_600_000 });
  await deriveAll(later);
  expect(
    visibleSlots(
      await stream.merge([{ series: BTC, absences: [makeAbsence(FRIDAY - DAY + SLOT, 600_000)] }]),
    ),
  ).toHaveLength(1);
  expect((await later.dirtyDays()).map(({ day }) => day)).toEqual([FRIDAY - DAY]);
});
