import {
  type ApiPorts,
  answerRequest,
  type BarsAnswer,
  barsPath,
  type CandlesAnswer,
  type CandleUpdate,
  type CoverageAnswer,
  candlesPath,
  type SymbolsAnswer,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { decodeParquet } from '../../../packages/cli/src/adapters/parquetFile.ts';
import { apiPortsOf } from '../../support/apiPorts.ts';
import { encode } from '../../support/encoder.ts';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';

const BTC = series('BTC-USDT');
const ETH = series('ETH-USDT');
const DAYS = 6;

/** Six days of two symbols, derived; the watermark is the end of the last one. */
async function derivedLake(): Promise<TestLake> {
  const lake = await createTestLake(COARSE, DAY_ONE + DAYS * DAY, encode);
  await lake.store.merge([
    { series: BTC, candles: coarseCandles(3, DAYS * 12) },
    { series: ETH, candles: coarseCandles(0, DAYS * 12, 100) },
  ]);
  await lake.derive();
  return lake;
}

interface Asked {
  readonly update?: CandleUpdate;
  readonly ports?: Partial<ApiPorts>;
}

async function ask<T>(lake: TestLake, path: string, { update, ports }: Asked = {}): Promise<T> {
  const [route, query] = path.split('?') as ['bars', string | undefined];
  const request = { route, parameters: [...new URLSearchParams(query)], update: update ?? null, kept: {} };
  return (await answerRequest({ ...apiPortsOf(lake), ...ports }, request)) as T;
}

/** The rows of a symbol in all objects of the lake, as another reader would find them. */
async function lakeRows(lake: TestLake, symbol: string, path: (day: number) => string) {
  const rows = [];
  for (let day = DAY_ONE; day < DAY_ONE + 14 * DAY; day += DAY) {
    const bytes = await lake.objects.read(path(day));
    if (bytes === null) continue;
    const { columns, length } = await decodeParquet(bytes);
    for (let row = 0; row < length; row++) {
      if (columns.symbol![row] !== symbol) continue;
      const { market: _market, symbol: _symbol, ...kept } = columns;
      rows.push(Object.fromEntries(Object.entries(kept).map(([name, values]) => [name, values[row]])));
    }
  }
  return rows;
}

const barsOf = (minutes: number) => (day: number) => barsPath(minutes, day);

describe('/api/bars', () => {
  it.each([240, 600])('answers with the rows of the lake, every column, for %im', async (minutes) => {
    const lake = await derivedLake();
    const expected = await lakeRows(lake, 'BTC-USDT', barsOf(minutes));
    expect(expected.length).toBeGreaterThan(DAYS * 2);
    const answer = await ask<BarsAnswer>(lake, `bars?symbol=btc-usdt&timeframe=${minutes}m`);
    expect(answer).toMatchObject({ symbol: 'BTC-USDT', timeframe: `${minutes}m`, next: null });
    expect(answer.bars).toEqual(expected.map((row) => ({ ...row, is_open: false })));
  });

  it('answers with the same rows from the store, when days are marked or objects are gone or damaged', async () => {
    const lake = await derivedLake();
    const expected = (await ask<BarsAnswer>(lake, 'bars?symbol=ETH-USDT')).bars;
    const damaged = { read: async () => new Uint8Array([1, 2, 3]) };
    expect(
      (await ask<BarsAnswer>(lake, 'bars?symbol=ETH-USDT', { ports: { objects: damaged } })).bars,
    ).toEqual(expected);
    const gone = { read: async () => null };
    expect((await ask<BarsAnswer>(lake, 'bars?symbol=ETH-USDT', { ports: { objects: gone } })).bars).toEqual(
      expected,
    );
    await lake.store.markDays(new Set([DAY_ONE + 2 * DAY, DAY_ONE + 3 * DAY]));
    expect((await ask<BarsAnswer>(lake, 'bars?symbol=ETH-USDT')).bars).toEqual(expected);
  });

  it('answers with the same rows without reading an object, when the lake has many symbols', async () => {
    const lake = await derivedLake();
    const expected = (await ask<BarsAnswer>(lake, 'bars?symbol=ETH-USDT')).bars;
    for (let other = 0; other < 9; other++)
      await lake.store.describeSeries(series(`OTHER${other}-USDT`), { pricePrecision: 1 });
    const objects = {
      read: async () => {
        throw new Error('an object is read');
      },
    };
    const { bars } = await ask<BarsAnswer>(lake, 'bars?symbol=ETH-USDT', { ports: { objects } });
    expect(bars).toEqual(expected);
  });

  it('shows a correction before the lake has it', async () => {
    const lake = await derivedLake();
    const openTime = DAY_ONE + 2 * DAY;
    const corrected = shapedCandle(openTime, 5, { high: '999', observed: openTime + 9 * DAY });
    await lake.store.merge([{ series: ETH, candles: [corrected] }]);
    const { bars } = await ask<BarsAnswer>(lake, `bars?symbol=ETH-USDT&from=${openTime}&limit=5000`);
    expect(bars[0]).toMatchObject({ open_time: openTime, high: 999 });
    const before = await lakeRows(lake, 'ETH-USDT', barsOf(240));
    expect(before.find((row) => row.open_time === openTime)).not.toMatchObject({ high: 999 });
    // The bars after it on the same day have the indicators that the lake is about to get.
    await lake.derive();
    const after = (await lakeRows(lake, 'ETH-USDT', barsOf(240))).filter(
      (row) => Number(row.open_time) >= openTime && Number(row.open_time) < openTime + DAY,
    );
    expect(bars.slice(0, 6)).toEqual(after.map((row) => ({ ...row, is_open: false })));
  });

  it.each([1, 4, 7, 36])('gives all bars once, %i at a time, by its next', async (limit) => {
    const lake = await derivedLake();
    const all = (await ask<BarsAnswer>(lake, 'bars?symbol=BTC-USDT&limit=5000')).bars;
    const pages: BarsAnswer['bars'][] = [];
    let to = '';
    for (;;) {
      const page = await ask<BarsAnswer>(lake, `bars?symbol=BTC-USDT&limit=${limit}${to}`);
      expect(page.bars.length).toBeLessThanOrEqual(limit);
      expect(page.bars.length).toBeGreaterThan(0);
      pages.unshift(page.bars);
      if (page.next === null) break;
      to = `&to=${page.next}`;
    }
    expect(pages.flat()).toEqual(all);
    // No page is asked for that would be empty: 35 bars of 240m from the fourth slot on.
    expect(pages).toHaveLength(Math.ceil(all.length / limit));
  });

  it('gives the bars that open in [from, to), by instants or UTC texts', async () => {
    const lake = await derivedLake();
    const openTimes = async (query: string) =>
      (await ask<BarsAnswer>(lake, `bars?symbol=BTC-USDT&${query}`)).bars.map(({ open_time }) => open_time);
    const from = DAY_ONE + DAY + 4 * 3_600_000;
    const expected = [from, from + 4 * 3_600_000];
    expect(await openTimes(`from=${from}&to=${from + 8 * 3_600_000}`)).toEqual(expected);
    expect(await openTimes('from=2026-11-21T04:00Z&to=2026-11-21T12:00Z')).toEqual(expected);
    expect(await openTimes(`to=${DAY_ONE}`)).toEqual([]);
    expect(await openTimes(`from=${DAY_ONE + 99 * DAY}`)).toEqual([]);
  });

  it('ends with the open bar, of closed candles and the last update', async () => {
    const lake = await derivedLake();
    const today = DAY_ONE + DAYS * DAY;
    await lake.store.merge([{ series: BTC, candles: [shapedCandle(today, 1, { high: '300', low: '1' })] }]);
    const update = { ...shapedCandle(today + COARSE_SLOT, 2, { close: '77' }), symbol: 'BTC-USDT' };
    const { bars } = await ask<BarsAnswer>(lake, 'bars?symbol=BTC-USDT&timeframe=600m', { update });
    const open = bars.at(-1);
    expect(open).toMatchObject({
      ...{ open_time: today, is_open: true, high: 300, low: 1, close: 77 },
      ...{ candle_count: 2, expected_count: 5, status: 'provisional' },
    });
    // The mean of the last two closes, of the lake's last bar and the open one.
    expect(open!.ma_short).toBe((bars.at(-2)!.close + 77) / 2);
    expect(bars.filter(({ is_open }) => is_open)).toHaveLength(1);
    const past = await ask<BarsAnswer>(lake, `bars?symbol=BTC-USDT&timeframe=600m&to=${today}`, { update });
    expect(past.bars.at(-1)?.is_open).toBe(false);
  });

  it('has the open bar of a day that is derived up to now', async () => {
    const lake = await createTestLake(COARSE, DAY_ONE + DAY + COARSE_SLOT, encode);
    await lake.store.merge([{ series: BTC, candles: coarseCandles(0, 13) }]);
    await lake.derive();
    const update = { ...shapedCandle(DAY_ONE + DAY + COARSE_SLOT, 2, { close: '77' }), symbol: 'BTC-USDT' };
    const { bars } = await ask<BarsAnswer>(lake, 'bars?symbol=BTC-USDT', { update });
    expect(bars.at(-1)).toMatchObject({
      open_time: DAY_ONE + DAY,
      is_open: true,
      close: 77,
      candle_count: 2,
    });
  });

  it('has bars that closed after the last derivation, over midnight, with their indicators', async () => {
    const lake = await derivedLake();
    const slot = DAYS * 12;
    await lake.store.merge([{ series: BTC, candles: coarseCandles(slot, slot + 14) }]);
    const { bars } = await ask<BarsAnswer>(lake, 'bars?symbol=BTC-USDT');
    await lake.store.advanceAsOf(DAY_ONE + (DAYS + 1) * DAY + 2 * COARSE_SLOT);
    await lake.derive();
    const expected = await lakeRows(lake, 'BTC-USDT', barsOf(240));
    expect(bars).toEqual(expected.map((row) => ({ ...row, is_open: false })));
  });

  it('answers with nothing for a symbol without candles', async () => {
    const lake = await derivedLake();
    await lake.store.describeSeries(series('NEW-USDT'), { pricePrecision: 2 });
    expect(await ask(lake, 'bars?symbol=NEW-USDT')).toMatchObject({ bars: [], next: null });
    expect(await ask(lake, 'candles?symbol=NEW-USDT')).toMatchObject({ candles: [], next: null });
    expect(await ask(lake, 'coverage?symbol=NEW-USDT')).toMatchObject({ runs: [] });
  });
});

describe('/api/candles', () => {
  it('answers with the rows of the lake, and with those that closed since', async () => {
    const lake = await derivedLake();
    const expected = await lakeRows(lake, 'BTC-USDT', (day) => candlesPath('2h', day));
    const answer = await ask<CandlesAnswer>(lake, 'candles?symbol=BTC-USDT&limit=5000');
    expect(answer.candles).toEqual(expected);
    expect(answer).toMatchObject({ interval: '2h', next: null });
    const today = DAY_ONE + DAYS * DAY;
    await lake.store.merge([{ series: BTC, candles: [shapedCandle(today, 1)] }]);
    const newest = await ask<CandlesAnswer>(lake, 'candles?symbol=BTC-USDT&limit=1');
    expect(newest).toMatchObject({ candles: [{ open_time: today, status: 'final' }], next: today });
  });
});

describe('/api/coverage', () => {
  it('lists runs of slots that are not final, over the edges of days, within the window', async () => {
    const lake = await createTestLake(COARSE, DAY_ONE + 3 * DAY, encode);
    const missing = [10, 11, 12, 13];
    const candles = coarseCandles(0, 36).filter((_, slot) => !missing.includes(slot));
    const at = (slot: number) => DAY_ONE + slot * COARSE_SLOT;
    candles[0] = { ...candles[0]!, status: 'provisional', source: 'stream', observed: 0 };
    const absences = [{ openTime: at(12), firstRead: at(99), lastRead: at(199) }];
    await lake.store.merge([{ series: BTC, candles, absences }]);
    const expected = [
      { from: at(0), to: at(1), state: 'provisional' },
      { from: at(10), to: at(12), state: 'missing' },
      { from: at(12), to: at(13), state: 'quiet' },
      { from: at(13), to: at(14), state: 'missing' },
    ];
    for (const isDerived of [false, true]) {
      if (isDerived) await lake.derive();
      const whole = await ask<CoverageAnswer>(lake, 'coverage?symbol=BTC-USDT');
      expect(whole).toEqual({ symbol: 'BTC-USDT', interval: '2h', from: at(0), to: at(36), runs: expected });
      const part = await ask<CoverageAnswer>(lake, `coverage?symbol=BTC-USDT&from=${at(11)}&to=${at(13)}`);
      expect(part).toMatchObject({ from: at(11), to: at(13) });
      expect(part.runs).toEqual([{ from: at(11), to: at(12), state: 'missing' }, expected[2]]);
    }
  });

  it('is one run over the whole days of an empty prefix, which are not read slot by slot', async () => {
    const lake = await createTestLake(COARSE, DAY_ONE + 5 * DAY, encode);
    const start = DAY_ONE + 3 * DAY + COARSE_SLOT;
    await lake.store.merge([{ series: BTC, candles: coarseCandles(0, 1) }]);
    await lake.store.merge([{ series: BTC, candles: coarseCandles(37, 60) }]);
    for (const read of [DAY_ONE + 20 * DAY, DAY_ONE + 21 * DAY])
      await lake.store.merge([{ series: BTC, historyStart: { firstAvailable: start, read } }]);
    await lake.derive();
    const daysRead: number[] = [];
    const candles = {
      ...lake.store,
      readDay: (one: typeof BTC, day: number) => {
        daysRead.push(day);
        return lake.store.readDay(one, day);
      },
    };
    const { runs } = await ask<CoverageAnswer>(lake, 'coverage?symbol=BTC-USDT', { ports: { candles } });
    expect(runs).toEqual([{ from: DAY_ONE + COARSE_SLOT, to: start, state: 'unavailable' }]);
    expect(daysRead).toEqual([DAY_ONE, DAY_ONE + 3 * DAY]);
  });
});

describe('/api/symbols', () => {
  it('lists what the store has and how this run keeps it', async () => {
    const lake = await derivedLake();
    await lake.store.describeSeries(BTC, { pricePrecision: 1 });
    const kept = { 'BTC-USDT': null, 'ETH-USDT': { state: 'delisted', reason: 'not listed' } } as const;
    await lake.store.describeSeries(series('NEW-USDT'), { pricePrecision: 4 });
    await lake.store.describeSeries(series('OTHER-USDT', '1h'), {});
    const request = { route: 'symbols', parameters: [], update: null, kept } as const;
    const answer = (await answerRequest(apiPortsOf(lake), request)) as SymbolsAnswer;
    const last = DAY_ONE + DAYS * DAY;
    expect(answer).toEqual({
      symbols: [
        {
          ...{ symbol: 'BTC-USDT', market: 'swap', price_precision: 1, state: 'live', reason: null },
          ...{ first: DAY_ONE + 3 * COARSE_SLOT, last },
        },
        {
          ...{ symbol: 'ETH-USDT', market: 'swap', price_precision: null },
          ...{ state: 'delisted', reason: 'not listed', first: DAY_ONE, last },
        },
        {
          ...{ symbol: 'NEW-USDT', market: 'swap', price_precision: 4, state: 'stored', reason: null },
          ...{ first: null, last: null },
        },
      ],
      ...{ timeframes: ['240m', '600m'], interval: '2h', ma_short: 2, ma_long: 3, atr_period: 3 },
    });
  });
});
