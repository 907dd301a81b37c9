import {
  BadDataError,
  type Candle,
  compareHistory,
  createMemoryStore,
  type HistoryRequest,
  RetryableError,
  SymbolRefusedError,
} from '@candlelake/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { createFakeHistory, type FakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { DAY, DAY_ONE, MINUTE, series } from '../../support/lake.ts';
import { createManualClock } from '../../support/manualClock.ts';

const { signal } = new AbortController();
const AAA = series('AAA-USDT', '3m');
const SLOT = 3 * MINUTE;
const NOW = DAY_ONE + 10 * DAY;

let store: ReturnType<typeof createMemoryStore>;
let history: FakeHistory;

function candleAt(slot: number, parts: Partial<Candle> = {}): Candle {
  const openTime = DAY_ONE + slot * SLOT;
  return {
    ...{ openTime, ...plainValues(openTime), status: 'final', source: 'history' },
    observed: openTime + DAY,
    ...parts,
  };
}

beforeEach(() => {
  store = createMemoryStore({ now: () => NOW });
  history = createFakeHistory({ now: () => NOW, valuesAt: plainValues, start: () => DAY_ONE });
});

function compare(from = 0, to = 960, reader: FakeHistory['read'] = history.read) {
  const ports = { clock: createManualClock(NOW), random: () => 0, history: { read: reader }, candles: store };
  return compareHistory(ports, { series: AAA, from: DAY_ONE + from * SLOT, to: DAY_ONE + to * SLOT }, signal);
}

const slotsOf = ({ differences }: Awaited<ReturnType<typeof compare>>) =>
  differences.map(({ openTime }) => (openTime - DAY_ONE) / SLOT).sort((a, b) => a - b);

describe('a comparison with history', () => {
  test('finds no difference where history shows the stored candles, and counts them', async () => {
    const candles = Array.from({ length: 960 }, (_, slot) => candleAt(slot));
    await store.merge([{ series: AAA, candles }]);
    expect(await compare()).toMatchObject({ compared: 960, differences: [], refused: null });
    // 960 slots and their margins fit one request.
    expect(history.requests).toHaveLength(1);
    expect(history.requests.map(({ priority }) => priority)).toEqual(['background']);
    expect(await compare(100, 200)).toMatchObject({ compared: 100, differences: [] });
  });

  test('finds finals and imported candles with other values, each once', async () => {
    const candles = Array.from({ length: 2_500 }, (_, slot) => candleAt(slot));
    candles[7] = candleAt(7, { close: '1' });
    candles[1_200] = candleAt(1_200, { volume: '99', status: 'imported', source: 'import' });
    candles[2_499] = candleAt(2_499, { high: '1000' });
    await store.merge([{ series: AAA, candles }]);
    const found = await compare(0, 2_500);
    expect(slotsOf(found)).toEqual([7, 1_200, 2_499]);
    expect(found.compared).toBe(2_500);
    expect(found.differences.find(({ stored }) => stored?.close === '1')).toMatchObject({
      stored: { close: '1' },
      found: { ...plainValues(DAY_ONE + 7 * SLOT), status: 'final', observed: NOW },
    });
  });

  test('finds candles where the store has an empty slot, or one before the beginning of history', async () => {
    const empty = DAY_ONE + 200 * SLOT;
    await store.merge([
      { series: AAA, candles: [candleAt(199), candleAt(201), candleAt(4)] },
      { series: AAA, absences: [{ openTime: empty, firstRead: empty + DAY, lastRead: empty + 2 * DAY }] },
      ...[0, 20].map((minutes) => ({
        series: AAA,
        historyStart: { firstAvailable: DAY_ONE + 100 * SLOT, read: NOW + minutes * MINUTE },
      })),
    ]);
    const found = await compare(0, 300);
    const unavailable = Array.from({ length: 100 }, (_, slot) => slot).filter((slot) => slot !== 4);
    expect(slotsOf(found)).toEqual([...unavailable, 200]);
    expect(found.differences.every(({ stored }) => stored === null)).toBe(true);
    expect(found.compared).toBe(3);
  });

  test('leaves out what is not settled: missing slots, provisional candles, slots shown empty once', async () => {
    const once = DAY_ONE + 12 * SLOT;
    await store.merge([
      {
        series: AAA,
        candles: [candleAt(0), candleAt(10, { status: 'provisional', close: '1', observed: 0 })],
      },
      { series: AAA, absences: [{ openTime: once, firstRead: once + DAY, lastRead: once + DAY }] },
    ]);
    expect(await compare(0, 480)).toMatchObject({ compared: 1, differences: [] });
  });

  test('takes only final rows of history', async () => {
    const closedAt = DAY_ONE + 5 * SLOT;
    const late = createFakeHistory({ now: () => closedAt + 1_000, valuesAt: plainValues });
    const candles = [0, 1, 2, 3, 4].map((slot) => candleAt(slot, { close: '1' }));
    await store.merge([{ series: AAA, candles }]);
    late.tamper = (_, rows) => rows.filter(({ openTime }) => openTime < closedAt);
    expect(slotsOf(await compare(0, 5, late.read))).toEqual([0, 1, 2, 3]);
  });

  test('tries again after a failure, and gives up after six', async () => {
    await store.merge([{ series: AAA, candles: [candleAt(0, { close: '1' })] }]);
    let failures = 2;
    const shaky = async (request: HistoryRequest) => {
      if (failures-- > 0) throw new RetryableError('no answer', { retryAfterMs: 0 });
      return history.read(request, signal);
    };
    const clock = createManualClock(NOW);
    const ports = { clock: { ...clock, sleep: async () => {} }, random: () => 0, candles: store };
    const stretch = { series: AAA, from: DAY_ONE, to: DAY_ONE + SLOT };
    const found = await compareHistory({ ...ports, history: { read: shaky } }, stretch, signal);
    expect(found.differences).toHaveLength(1);
    failures = 6;
    await expect(compareHistory({ ...ports, history: { read: shaky } }, stretch, signal)).rejects.toThrow(
      'no answer',
    );
  });

  test('says why the exchange refuses a symbol', async () => {
    await store.merge([{ series: AAA, candles: [candleAt(0)] }]);
    const refuse = (error: Error) => async () => Promise.reject(error);
    const paused = new SymbolRefusedError('paused', { code: 109415, certain: true });
    expect(await compare(0, 1, refuse(paused))).toMatchObject({ refused: 'paused', compared: 0 });
    expect(await compare(0, 1, refuse(new BadDataError('no such')))).toMatchObject({ refused: 'no such' });
  });
});
