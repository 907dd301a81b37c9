import type { Candle, MergedSlot, SlotEvidence, StoredDay } from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheSlots } from '../../packages/functions/src/adapters/dynamo/cachedSlots.ts';
import { createDynamoSlots, type DynamoSlots } from '../../packages/functions/src/adapters/dynamo/slots.ts';
import { createDynamoStore, createStreamStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { factsOf, lawful, sayings } from '../contracts/mergeLaw.ts';
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
const NONE: SlotEvidence = { candle: null, absence: null };

function openRemembered() {
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
  const remembered = cacheSlots(counted, { now: () => now, keepMs: KEEP_MS });
  const wait = (ms: number) => {
    now += ms;
  };
  return { slots, remembered, calls, wait };
}

function change(candle: Candle): MergedSlot {
  const { openTime } = candle;
  return { series: BTC, openTime, before: NONE, after: { candle, absence: null }, visible: true };
}

describe('slots that are remembered', () => {
  test('are read once today and yesterday, and each time before that', async () => {
    const { remembered, calls, wait } = openRemembered();
    for (let round = 0; round < 2; round++) {
      for (const offset of [0, -1, -2]) await remembered.readDay(BTC, FRIDAY + offset * DAY);
      await remembered.read(BTC, FRIDAY, FRIDAY + SLOT);
    }
    expect(calls).toEqual(['read 0', 'read -1', 'read -2', 'read -2']);
    wait(KEEP_MS);
    await remembered.readDay(BTC, FRIDAY);
    expect(calls).toHaveLength(4);
    wait(2 * DAY);
    await remembered.readDay(BTC, FRIDAY);
    await remembered.readDay(BTC, FRIDAY);
    expect(calls.slice(4)).toEqual(['read 0', 'read 0']);
  });

  test('show what was written through them, and only the slots that are asked for', async () => {
    const { slots, remembered } = openRemembered();
    await remembered.readDay(BTC, FRIDAY);
    for (const index of [3, 1, 2]) await remembered.write(change(makeCandle(FRIDAY + index * SLOT)));
    expect(await remembered.readDay(BTC, FRIDAY)).toEqual(await slots.readDay(BTC, FRIDAY));
    const { candles } = await remembered.read(BTC, FRIDAY + SLOT, FRIDAY + 2 * SLOT);
    expect(candles.map(({ openTime }) => openTime)).toEqual([FRIDAY + SLOT, FRIDAY + 2 * SLOT]);
  });

  test('a read that a write overtook is not remembered without it', async () => {
    const slow = Promise.withResolvers<StoredDay>();
    const { slots } = openRemembered();
    const remembered = cacheSlots({ ...slots, readDay: () => slow.promise }, ON_FRIDAY);
    const reading = remembered.readDay(BTC, FRIDAY);
    await remembered.write(change(makeCandle(FRIDAY + SLOT)));
    slow.resolve({ candles: [makeCandle(FRIDAY)], absences: [] });
    await reading;
    const { candles } = await remembered.readDay(BTC, FRIDAY);
    expect(candles.map(({ openTime }) => openTime)).toEqual([FRIDAY, FRIDAY + SLOT]);
  });

  test('are read anew after a write that lost against another process, or that failed', async () => {
    const { slots, remembered, calls } = openRemembered();
    await remembered.readDay(BTC, FRIDAY);
    await slots.write(change(makeCandle(FRIDAY, { close: '101' })));
    expect(await remembered.write(change(makeCandle(FRIDAY)))).toBe(false);
    expect((await remembered.readDay(BTC, FRIDAY)).candles).toHaveLength(1);
    expect(calls).toEqual(['read 0', 'write', 'read 0']);
    const failing = cacheSlots({ ...slots, write: () => Promise.reject(new Error('no')) }, ON_FRIDAY);
    await failing.readDay(BTC, FRIDAY);
    await expect(failing.write(change(makeCandle(FRIDAY + SLOT)))).rejects.toThrow('no');
    expect((await failing.readDay(BTC, FRIDAY)).candles).toHaveLength(1);
  });
});

test('two streams at once hold what the merge law says', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(sayings, fc.boolean()), { minLength: 1, maxLength: 24 }),
      async (said) => {
        const table = createMemoryTable();
        const options = { now: () => FRIDAY, realNow: () => 0 };
        const streams = [0, 1].map(() => createStreamStore(table, options));
        for (const [saying, isSecond] of said) await streams[isSecond ? 1 : 0]!.merge([factsOf(saying)]);
        const fresh = createStreamStore(table, options);
        for (const [series, isBtc] of [
          [BTC, true],
          [ETH, false],
        ] as const) {
          const law = lawful(said.map(([saying]) => saying).filter((saying) => saying.isBtc === isBtc));
          expect(await fresh.readDay(series, FRIDAY)).toEqual(law);
        }
      },
    ),
    { numRuns: 300 },
  ));

test('a stream marks what it says of a day that another process has just made the first one', async () => {
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
