import {
  aggregateBars,
  buildDaySlots,
  type Candle,
  computeIndicators,
  coverageOf,
  EMPTY_DAY,
  INITIAL_INDICATOR_STATE,
  type LakeTable,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { joinRows } from '../../../packages/core/src/lake/join.ts';
import { barRows, candleRows, coverageRow } from '../../../packages/core/src/lake/rows.ts';
import { encode } from '../../support/encoder.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { type Row, readRows } from '../../support/readParquet.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const DAY = Date.UTC(2026, 10, 22);
const SLOT = 180_000;
const BTC = swapSeries('BTC-USDT', '3m');
const ETH = swapSeries('ETH-USDT', '3m');
const PERIODS = { maShort: 1, maLong: 2, atr: 2 };
const SETTINGS = lakeSettings({ periods: PERIODS });

function candle(slot: number, parts: Partial<Candle> = {}): Candle {
  const values = { open: '10', high: '12', low: '9', close: '11', volume: '1.5' };
  return {
    openTime: DAY + slot * SLOT,
    ...values,
    status: 'final',
    source: 'history',
    observed: DAY,
    ...parts,
  };
}

function slotsOf(candles: readonly Candle[], asOf = DAY + 86_400_000) {
  const stored = { ...EMPTY_DAY, candles };
  return buildDaySlots({ interval: '3m', day: DAY, stored, launchTime: null, firstAvailable: null, asOf });
}

function barsOf(candles: readonly Candle[], settings: Partial<typeof SETTINGS> = {}): LakeTable {
  const bars = aggregateBars(slotsOf(candles), 21, DAY + 90_000_000);
  const { indicators } = computeIndicators(bars, PERIODS, INITIAL_INDICATOR_STATE);
  return barRows(BTC, bars, indicators, { ...SETTINGS, ...settings });
}

const read = (table: LakeTable): Promise<Row[]> => readRows(encode(table));
const wholeBar = (bar: number, close: string) =>
  Array.from({ length: 7 }, (_, i) => candle(bar * 7 + i, i === 6 ? { close } : {}));

describe('candles', () => {
  test('become one row each, with the doubles nearest to their texts', async () => {
    const values = {
      open: '0.1',
      high: '118457.3',
      low: '0.00000012',
      close: '3',
      volume: '12345678.00000001',
    };
    const rows = await read(candleRows(BTC, slotsOf([candle(1, values)])));
    expect(rows).toEqual([
      {
        market: 'swap',
        symbol: 'BTC-USDT',
        open_time: DAY + SLOT,
        close_time: DAY + 2 * SLOT,
        open: 0.1,
        high: 118457.3,
        low: 1.2e-7,
        close: 3,
        volume: 12345678.00000001,
        status: 'final',
        source: 'history',
      },
    ]);
  });

  test('show imported ones as final, and every source by its name', async () => {
    const candles = [
      candle(0),
      candle(1, { status: 'imported', source: 'import' }),
      candle(2, { status: 'provisional', source: 'stream', observed: 0 }),
    ];
    const rows = await read(candleRows(BTC, slotsOf(candles)));
    expect(rows.map(({ status, source }) => [status, source])).toEqual([
      ['final', 'history'],
      ['final', 'import'],
      ['provisional', 'stream'],
    ]);
  });

  test('that close after the watermark are left out, the one that closes at it is not', async () => {
    const rows = await read(candleRows(BTC, slotsOf([candle(0), candle(1), candle(2)], DAY + 2 * SLOT)));
    expect(rows.map(({ open_time }) => open_time)).toEqual([DAY, DAY + SLOT]);
  });

  test('are no rows where there are none', () => {
    expect(candleRows(BTC, slotsOf([])).length).toBe(0);
  });
});

describe('bars', () => {
  const candles = [...wholeBar(0, '11'), ...wholeBar(1, '10'), ...wholeBar(2, '12'), candle(3 * 7)];

  test('carry their indicators, with null for not yet and for no crossover', async () => {
    const rows = await read(barsOf(candles));
    const shown = rows.map(({ close, ma_short, ma_long, ma_cross, trend, tr, atr, atr_percent, status }) => [
      close,
      ma_short,
      ma_long,
      ma_cross,
      trend,
      tr,
      atr,
      atr_percent,
      status,
    ]);
    // By hand: averages of one and two closes, true ranges 3 each, Wilder's average of two.
    expect(shown).toEqual([
      [11, 11, null, null, null, 3, null, null, 'complete'],
      [10, 10, 10.5, null, 'BEARISH', 3, 3, 30, 'complete'],
      [12, 12, 11, 'GOLDEN_CROSS', 'BULLISH', 3, 3, 25, 'complete'],
      [11, 11, 11.5, null, 'BEARISH', 3, 3, (3 / 11) * 100, 'short'],
    ]);
  });

  test('are on disk without moving averages, and with the ATR, under --no-ma (predecessor fault 35)', async () => {
    const all = await read(barsOf(candles));
    const none = { ma_short: null, ma_long: null, ma_cross: null, trend: null };
    expect(await read(barsOf(candles, { writeMa: false }))).toEqual(all.map((row) => ({ ...row, ...none })));
  });

  test('are on disk without the ATR, and with averages, under --no-atr (predecessor fault 35)', async () => {
    const all = await read(barsOf(candles));
    const none = { tr: null, atr: null, atr_percent: null };
    expect(await read(barsOf(candles, { writeAtr: false }))).toEqual(all.map((row) => ({ ...row, ...none })));
  });

  test('fewer than the longest period are on disk all the same (predecessor fault 35)', async () => {
    const rows = await read(barsOf(wholeBar(0, '11')));
    expect(rows.map(({ close, ma_long, atr }) => [close, ma_long, atr])).toEqual([[11, null, null]]);
  });

  test('that are short are left out under --skip-partial, and change no other bar (predecessor fault 44)', async () => {
    const holed = [...wholeBar(0, '11'), candle(7), ...wholeBar(2, '12')];
    const all = await read(barsOf(holed));
    expect(all.map(({ status }) => status)).toEqual(['complete', 'short', 'complete']);
    expect(await read(barsOf(holed, { skipPartial: true }))).toEqual([all[0], all[2]]);
  });
});

test('the coverage row has every count and the first missing slot', async () => {
  const slots = slotsOf([candle(0), candle(2, { status: 'provisional', source: 'stream' })], DAY + 4 * SLOT);
  expect(await read(coverageRow(ETH, coverageOf(slots)))).toEqual([
    {
      market: 'swap',
      symbol: 'ETH-USDT',
      expected: 4,
      final: 1,
      provisional: 1,
      quiet: 0,
      unavailable: 0,
      missing: 2,
      first_missing: DAY + SLOT,
    },
  ]);
  expect(
    (await read(coverageRow(ETH, coverageOf(slotsOf([candle(0)], DAY + SLOT)))))[0]!.first_missing,
  ).toBeNull();
});

describe('rows of several series', () => {
  test('are joined in order, with every text in its place', async () => {
    const parts = [
      candleRows(BTC, slotsOf([candle(0), candle(1, { source: 'stream' })])),
      candleRows(ETH, slotsOf([candle(0, { status: 'imported', source: 'import' })])),
    ] as const;
    const expected = [...(await read(parts[0])), ...(await read(parts[1]))];
    expect(await read(joinRows(parts))).toEqual(expected);
  });

  test('keep their nulls apart from their texts', async () => {
    const parts = [barsOf(wholeBar(0, '11')), barsOf([...wholeBar(0, '11'), ...wholeBar(1, '9')])] as const;
    const expected = [...(await read(parts[0])), ...(await read(parts[1]))];
    expect(await read(joinRows(parts))).toEqual(expected);
  });
});
