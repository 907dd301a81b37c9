import {
  describedRecord,
  earliestSlot,
  mergedRecord,
  newRecord,
  type RecordNews,
  type SeriesRecord,
  seriesKey,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';

const FIRST = Date.UTC(2026, 10, 22);
const SLOT = 180_000;
const NEW = newRecord(swapSeries('BTC-USDT', '3m'));
const NOTHING: RecordNews = { opened: [], candles: [], rows: [], answers: [] };

it('the keys of series sort by market, then symbol, then interval', () => {
  const series = [
    { market: 'spot', symbol: 'Z', interval: '3m' },
    { market: 'swap', symbol: 'A', interval: '3m' },
    { market: 'swap', symbol: 'A-B', interval: '1h' },
    { market: 'swap', symbol: 'A-B', interval: '3m' },
  ] as const;
  const keys = series.map(seriesKey);
  expect(keys.toReversed().sort()).toEqual(keys);
  expect(new Set(keys).size).toBe(4);
});

describe('facts about a series', () => {
  const known: SeriesRecord = {
    ...NEW,
    ...{ launchTime: FIRST, pricePrecision: 2, fillWindow: { days: 3, from: FIRST } },
  };

  it.each([
    ['nothing', {}],
    ['what is unknown', { launchTime: null, pricePrecision: null, fillWindow: null }],
    ['the same again', { launchTime: FIRST, pricePrecision: 2, fillWindow: { days: 3, from: FIRST } }],
  ])('leave the record as it is when they say %s', (_title, facts) => {
    expect(describedRecord(known, facts)).toBe(known);
  });

  it.each([
    { launchTime: FIRST - SLOT },
    { pricePrecision: 0 },
    { fillWindow: { days: 4, from: FIRST } },
    { fillWindow: { days: 3, from: FIRST - 1 } },
  ])('replace one part and keep the others: %o', (facts) => {
    expect(describedRecord(known, facts)).toEqual({ ...known, ...facts });
  });

  it('may be the first ones', () => {
    const fillWindow = { days: 0, from: FIRST };
    expect(describedRecord(NEW, { fillWindow })).toEqual({ ...NEW, fillWindow });
  });
});

describe('a record after a write', () => {
  const candles = (...observed: number[]) =>
    observed.map((time, index) => ({ openTime: FIRST + index * SLOT, observed: time }));

  it('is the same object when the write says nothing new', () => {
    const known = { ...NEW, firstSlot: FIRST, keptSince: FIRST + SLOT };
    expect(mergedRecord(NEW, NOTHING)).toBe(NEW);
    const late = {
      ...NOTHING,
      opened: [FIRST, FIRST + SLOT],
      candles: candles(FIRST + SLOT, FIRST + 9 * SLOT),
    };
    expect(mergedRecord(known, late)).toBe(known);
  });

  it('begins with its oldest candle, and is kept since the first one was seen', () => {
    const news = {
      ...NOTHING,
      opened: [FIRST + SLOT, FIRST],
      candles: candles(FIRST + 5 * SLOT, FIRST + 4 * SLOT),
    };
    const after = mergedRecord(NEW, news);
    expect(after).toEqual({ ...NEW, firstSlot: FIRST, keptSince: FIRST + 4 * SLOT });
    expect(mergedRecord(after, { ...news, opened: [FIRST - SLOT] }).firstSlot).toBe(FIRST - SLOT);
    const earlier = mergedRecord(after, { ...news, candles: candles(FIRST + 2 * SLOT) });
    expect(earlier).toEqual({ ...after, keptSince: FIRST + 2 * SLOT });
  });

  it('takes the close of a candle of the stream as the time when it was seen', () => {
    expect(mergedRecord(NEW, { ...NOTHING, candles: candles(0) }).keptSince).toBe(FIRST + SLOT);
  });

  it('does not know since when it is kept when an older store did not write it', () => {
    const older = { ...NEW, firstSlot: FIRST };
    expect(mergedRecord(older, { ...NOTHING, candles: candles(FIRST + SLOT) })).toBe(older);
  });
});

it('the earliest slot of all series is that of the series which has one first', () => {
  const at = (firstSlot: number | null) => ({ ...NEW, firstSlot });
  expect(earliestSlot([at(null), at(FIRST), at(FIRST - SLOT), at(FIRST + SLOT)])).toBe(FIRST - SLOT);
  expect(earliestSlot([at(null)])).toBeNull();
  expect(earliestSlot([])).toBeNull();
});
