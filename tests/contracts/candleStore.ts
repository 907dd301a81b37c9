import { EMPTY_DAY, UNKNOWN_HISTORY_START } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { candleReplacementTests } from './candleReplacement.ts';
import {
  BTC,
  DAY,
  ETH,
  FRIDAY,
  MINUTE,
  makeAbsence,
  makeCandle,
  type OpenStore,
  PROCESS_NOW,
  SLOT,
  visibleSlots,
  withStore,
} from './storeFixture.ts';

/** The contract of a candle store. */
export function candleStoreContract(name: string, open: OpenStore): void {
  describe(`${name} as a candle store`, () => {
    seriesTests(open);
    fillWindowTests(open);
    keptSinceTests(open);
    slotTests(open);
    candleReplacementTests(open);
    historyStartTests(open);
    sharedTests(open);
  });
}

function seriesTests(open: OpenStore): void {
  test('is empty at first', () =>
    withStore(open, async ({ store }) => {
      expect(await store.listSeries()).toEqual([]);
      expect(await store.readDay(BTC, FRIDAY)).toEqual(EMPTY_DAY);
      expect(await store.revisions(BTC)).toEqual([]);
    }));

  test('lists series by symbol, then interval, each with its first slot', () =>
    withStore(open, async ({ store }) => {
      const hourly = { ...BTC, interval: '1h' } as const;
      await store.merge([
        { series: ETH, candles: [makeCandle(FRIDAY + SLOT), makeCandle(FRIDAY)] },
        { series: BTC, absences: [makeAbsence(FRIDAY, 0)] },
        { series: hourly, candles: [makeCandle(FRIDAY)] },
        { series: { ...BTC, symbol: 'BTC' }, candles: [makeCandle(FRIDAY)] },
      ]);
      const listed = (await store.listSeries()).map(({ symbol, interval, firstSlot }) => [
        symbol,
        interval,
        firstSlot,
      ]);
      expect(listed).toEqual([
        ['BTC', '3m', FRIDAY],
        ['BTC-USDT', '1h', FRIDAY],
        ['BTC-USDT', '3m', null],
        ['ETH-USDT', '3m', FRIDAY],
      ]);
    }));

  test('keeps the launch time and the precision of a contract that later says null', () =>
    withStore(open, async ({ store }) => {
      await store.describeSeries(BTC, { launchTime: FRIDAY, pricePrecision: null });
      await store.describeSeries(BTC, { launchTime: null, pricePrecision: 1 });
      const unknown = { firstSlot: null, keptSince: null, fillWindow: null };
      const historyStart = UNKNOWN_HISTORY_START;
      expect(await store.listSeries()).toEqual([
        { ...BTC, ...unknown, launchTime: FRIDAY, pricePrecision: 1, historyStart },
      ]);
      expect(await store.findSeries(BTC)).toEqual((await store.listSeries())[0]);
      expect(await store.findSeries(ETH)).toBeNull();
    }));
}

function keptSinceTests(open: OpenStore): void {
  test('keeps when the first candle of a series was seen, over a restart', () =>
    withStore(open, async ({ store, second, reopen }) => {
      const observed = FRIDAY + DAY;
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { observed })] }]);
      await second.merge([{ series: BTC, candles: [makeCandle(FRIDAY - SLOT, { observed: observed + 1 })] }]);
      // A candle of the stream does not tell when it was seen: at its close or later.
      const seen = makeCandle(FRIDAY, { status: 'provisional', source: 'stream' });
      await store.merge([{ series: ETH, candles: [seen] }]);
      const reopened = await reopen();
      expect(await reopened.findSeries(BTC)).toMatchObject({ keptSince: observed });
      expect(await reopened.findSeries(ETH)).toMatchObject({ keptSince: FRIDAY + SLOT });
    }));
}

function fillWindowTests(open: OpenStore): void {
  test('keeps the window of history that was asked for last, over a restart', () =>
    withStore(open, async ({ store, second, reopen }) => {
      const [first, other] = [
        { days: 30, from: FRIDAY - 30 * DAY },
        { days: 7, from: FRIDAY - 7 * DAY },
      ];
      await store.describeSeries(BTC, { fillWindow: first });
      await second.describeSeries(BTC, { launchTime: FRIDAY, pricePrecision: 1 });
      expect(await second.findSeries(BTC)).toMatchObject({ fillWindow: first, launchTime: FRIDAY });
      await store.describeSeries(BTC, { fillWindow: other });
      await store.describeSeries(BTC, { fillWindow: null });
      expect(await (await reopen()).findSeries(BTC)).toMatchObject({ fillWindow: other, pricePrecision: 1 });
    }));
}

function slotTests(open: OpenStore): void {
  test('returns every field of a candle as it was written', () =>
    withStore(open, async ({ store }) => {
      const candle = makeCandle(FRIDAY, {
        open: '0.000000012345678901234567',
        high: '123456789012345678901234.5',
        low: '0.00000001',
        close: '116800',
        volume: '0',
        status: 'imported',
        source: 'import',
        observed: 1_795_000_000_123,
      });
      await store.merge([{ series: BTC, candles: [candle] }]);
      expect(await store.readDay(BTC, FRIDAY)).toEqual({ ...EMPTY_DAY, candles: [candle] });
    }));

  test('reads the slots of one day in order, without those of its neighbours', () =>
    withStore(open, async ({ store }) => {
      const openTimes = [FRIDAY + DAY, FRIDAY + DAY - SLOT, FRIDAY + SLOT, FRIDAY, FRIDAY - SLOT];
      const absences = openTimes.map((openTime) => makeAbsence(openTime, 0));
      await store.merge([{ series: BTC, candles: openTimes.map((time) => makeCandle(time)), absences }]);
      const { candles, absences: absent } = await store.readDay(BTC, FRIDAY);
      const ofDay = [FRIDAY, FRIDAY + SLOT, FRIDAY + DAY - SLOT];
      expect(candles.map(({ openTime }) => openTime)).toEqual(ofDay);
      expect(absent.map(({ openTime }) => openTime)).toEqual(ofDay);
    }));

  test('keeps the first and the last read of an empty slot', () =>
    withStore(open, async ({ store }) => {
      const reads = [
        { openTime: FRIDAY, firstRead: 500, lastRead: 600 },
        { openTime: FRIDAY, firstRead: 100, lastRead: 200 },
      ];
      for (const absence of reads) await store.merge([{ series: BTC, absences: [absence] }]);
      const { absences } = await store.readDay(BTC, FRIDAY);
      expect(absences).toEqual([{ openTime: FRIDAY, firstRead: 100, lastRead: 600 }]);
    }));

  test('keeps the reads of a row that cannot be read, and takes a quiet slot back by a later one', () =>
    withStore(open, async ({ store, second }) => {
      const [first, other] = [FRIDAY + SLOT, FRIDAY + 2 * SLOT];
      const absence = makeAbsence(first, 10 * MINUTE);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)], absences: [absence] }]);
      const refused = (openTime: number, read: number) => ({ openTime, firstRead: read, lastRead: read });
      const later = refused(first, absence.lastRead + 1);
      const merged = await second.merge([{ series: BTC, unreadable: [later, refused(other, 500)] }]);
      // The quiet slot is missing again; the other one was missing before.
      expect(visibleSlots(merged).map(({ openTime }) => openTime)).toEqual([first]);
      await store.merge([{ series: BTC, unreadable: [refused(other, 100), refused(other, 900)] }]);
      const stored = await second.readDay(BTC, FRIDAY);
      expect(stored.absences).toEqual([absence]);
      expect(stored.unreadable).toEqual([later, { openTime: other, firstRead: 100, lastRead: 900 }]);
      expect(await store.merge([{ series: BTC, unreadable: [refused(other, 500)] }])).toEqual([]);
    }));

  test('returns each slot that it wrote once, and says which of them the lake shows', () =>
    withStore(open, async ({ store }) => {
      const [first, second, third] = [FRIDAY, FRIDAY + SLOT, FRIDAY + 2 * SLOT];
      const facts = [
        {
          series: BTC,
          candles: [makeCandle(first), makeCandle(first, { volume: '8', observed: PROCESS_NOW })],
        },
        { series: BTC, candles: [makeCandle(second)], absences: [makeAbsence(second, 10 * MINUTE)] },
        { series: BTC, absences: [makeAbsence(third, 10 * MINUTE), makeAbsence(FRIDAY - SLOT, 10 * MINUTE)] },
        { series: ETH, candles: [makeCandle(first)], absences: [makeAbsence(second, 9 * MINUTE)] },
      ];
      // Three slots of BTC from its first day on (the one on Thursday has no row) and one of ETH: one absence
      // is not confirmed.
      const merged = await store.merge(facts);
      const shown = visibleSlots(merged).map(({ series, openTime }) => [series.symbol, openTime]);
      expect(shown.sort()).toEqual([
        [BTC.symbol, first],
        [BTC.symbol, second],
        [BTC.symbol, third],
        [ETH.symbol, first],
      ]);
      expect(merged).toHaveLength(6);
      expect(await store.merge(facts)).toEqual([]);
    }));
}

function historyStartTests(open: OpenStore): void {
  test('confirms a beginning of history by two answers that are ten minutes apart', () =>
    withStore(open, async ({ store }) => {
      const answer = (firstAvailable: number, read: number) =>
        store.merge([{ series: BTC, historyStart: { firstAvailable, read } }]);
      const known = async () => (await store.listSeries())[0]?.historyStart;
      await answer(FRIDAY, 1000);
      const pending = { firstAvailable: FRIDAY, read: 1000 };
      expect(await known()).toEqual({ ...UNKNOWN_HISTORY_START, pending });
      await answer(FRIDAY, 1000 + 10 * MINUTE - 1);
      expect(await known()).toEqual({ ...UNKNOWN_HISTORY_START, pending });
      await answer(FRIDAY + SLOT, 1000 + 10 * MINUTE);
      const reads = { firstRead: 1000, lastRead: 1000 + 10 * MINUTE };
      expect(await known()).toEqual({ firstAvailable: FRIDAY, reads, pending: null });
      await answer(FRIDAY, DAY);
      const later = { firstRead: 1000, lastRead: DAY };
      expect(await known()).toEqual({ firstAvailable: FRIDAY, reads: later, pending: null });
    }));

  test('keeps a beginning of history for an import before it, and not for a later row before it', () =>
    withStore(open, async ({ store, second }) => {
      const read = FRIDAY + 2 * DAY;
      for (const at of [read - 10 * MINUTE, read]) {
        await store.merge([{ series: BTC, historyStart: { firstAvailable: FRIDAY + DAY, read: at } }]);
      }
      const imported = makeCandle(FRIDAY, { status: 'imported', source: 'import', observed: read + 1 });
      const seenBefore = makeCandle(FRIDAY + SLOT, { observed: read });
      expect(
        visibleSlots(await store.merge([{ series: BTC, candles: [imported, seenBefore] }])),
      ).toHaveLength(2);
      const known = async () => (await second.findSeries(BTC))!;
      expect(await known()).toMatchObject({
        ...{ firstSlot: FRIDAY, historyStart: { firstAvailable: FRIDAY + DAY } },
      });
      const row = { ...seenBefore, observed: read + 1 };
      await store.merge([{ series: BTC, candles: [row], skipEqualFinals: true }]);
      expect((await known()).historyStart).toEqual(UNKNOWN_HISTORY_START);
    }));

  test('forgets a beginning of history for a row before it that can not be read', () =>
    withStore(open, async ({ store }) => {
      await store.merge([{ series: BTC, historyStart: { firstAvailable: FRIDAY + DAY, read: FRIDAY } }]);
      const row = { openTime: FRIDAY, firstRead: FRIDAY + 1, lastRead: FRIDAY + 1 };
      await store.merge([{ series: BTC, unreadable: [row] }]);
      expect((await store.findSeries(BTC))?.historyStart).toEqual(UNKNOWN_HISTORY_START);
    }));
}

function sharedTests(open: OpenStore): void {
  test('shows one connection what the other one wrote', () =>
    withStore(open, async ({ store, second }) => {
      await second.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
      expect(await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }])).toEqual([]);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY - DAY)] }]);
      expect((await second.listSeries()).map(({ firstSlot }) => firstSlot)).toEqual([FRIDAY - DAY]);
      expect((await second.readDay(BTC, FRIDAY - DAY)).candles).toHaveLength(1);
    }));

  test('has one record a slot after a restart delivers the same candles again (predecessor fault 36)', () =>
    withStore(open, async ({ store, reopen }) => {
      const candles = Array.from({ length: 20 }, (_, index) => makeCandle(FRIDAY + index * SLOT));
      await store.merge([{ series: BTC, candles }]);
      const reopened = await reopen();
      expect(await reopened.merge([{ series: BTC, candles }])).toEqual([]);
      expect((await reopened.readDay(BTC, FRIDAY)).candles).toEqual(candles);
      expect(await reopened.listSeries()).toHaveLength(1);
    }));
}
