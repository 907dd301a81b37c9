import {
  type CandleStore,
  ConfigError,
  createMemoryStore,
  createMemoryStoreStage,
  type ImportRow,
  type ImportRows,
  importCandles,
  lakeSettingsOf,
  parseSettings,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';

const SERIES = swapSeries('BTC-USDT', '3m');
/** Friday. */
const DAY = Date.UTC(2026, 10, 20);
const SLOT = 180_000;
const NOW = DAY + 10 * SLOT;

function row(slot: number, parts: Partial<ImportRow> = {}): ImportRow {
  const openTime = String(DAY + slot * SLOT);
  return {
    line: slot + 2,
    openTime,
    open: '10.5',
    high: '12',
    low: '9',
    close: '11',
    volume: '3.25',
    ...parts,
  };
}

/** Rows that are read one by one, with times as in a column of milliseconds. */
function rowsOf(rows: readonly ImportRow[]): ImportRows {
  return {
    time: { column: 'open_time_ms', unit: 'ms' },
    place: 'line',
    batches: (async function* () {
      for (const one of rows) yield [one];
    })(),
  };
}

async function importer(now = NOW) {
  const store = createMemoryStore({ now: () => now });
  await store.writeSettings(lakeSettingsOf(parseSettings({})));
  let merges = 0;
  const candles: CandleStore = {
    ...store,
    merge(facts) {
      merges += 1;
      return store.merge(facts);
    },
  };
  return {
    store,
    merges: () => merges,
    importRows: (rows: readonly ImportRow[], signal = new AbortController().signal) =>
      importCandles(
        {
          stage: createMemoryStoreStage(candles),
          derivation: store,
          yieldToHost: async () => {},
        },
        { series: SERIES, rows: rowsOf(rows), now, name: 'f.csv' },
        signal,
      ),
    stored: async () => (await store.readDay(SERIES, DAY)).candles,
  };
}

describe('an import', () => {
  it('stores the candles of the file as imported, in any order, with one write', async () => {
    const { importRows, stored, merges, store } = await importer();
    const result = await importRows([row(3), row(1, { open: '1.0500e1' }), row(2)]);
    expect(result).toEqual({ candles: 3, changed: 3, from: DAY + SLOT, to: DAY + 4 * SLOT });
    expect(await stored()).toEqual(
      [1, 2, 3].map((slot) => ({
        openTime: DAY + slot * SLOT,
        open: '10.5',
        high: '12',
        low: '9',
        close: '11',
        volume: '3.25',
        status: 'imported',
        source: 'import',
        observed: NOW,
      })),
    );
    expect(merges()).toBe(1);
    expect(await store.readAsOf()).toBe(DAY + 4 * SLOT);
  });

  it('never replaces a final of the exchange, and gives way to one that comes later', async () => {
    const { importRows, stored, store } = await importer();
    const final = (slot: number) =>
      ({
        openTime: DAY + slot * SLOT,
        open: '1',
        high: '1',
        low: '1',
        close: '1',
        volume: '1',
        status: 'final',
        source: 'history',
        observed: 5,
      }) as const;
    await store.merge([{ series: SERIES, candles: [final(1)] }]);
    const { changed } = await importRows([row(1), row(2)]);
    await store.merge([{ series: SERIES, candles: [final(2)] }]);
    expect(changed).toBe(1);
    expect((await stored()).map(({ source, close }) => [source, close])).toEqual([
      ['history', '1'],
      ['history', '1'],
    ]);
  });

  it('keeps an open or close outside low to high as it is (trap 37)', async () => {
    const { importRows, stored } = await importer();
    await importRows([row(1, { open: '12.5' }), row(2, { close: '8.9' })]);
    expect((await stored()).map(({ open, close }) => [open, close])).toEqual([
      ['12.5', '11'],
      ['10.5', '8.9'],
    ]);
  });

  it('counts two equal rows as one candle', async () => {
    const { importRows } = await importer();
    expect((await importRows([row(1), row(1, { line: 9, volume: '3.250' })])).candles).toBe(1);
  });

  it('does not lower the watermark', async () => {
    const { importRows, store } = await importer();
    await store.advanceAsOf(NOW);
    await importRows([row(1)]);
    expect(await store.readAsOf()).toBe(NOW);
  });

  it('that is stopped while it reads writes nothing', async () => {
    const { importRows, stored } = await importer();
    const reason = new Error('stopped');
    await expect(importRows([row(1)], AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await stored()).toEqual([]);
  });
});

/** The last row is wrong; nothing before it is imported either. */
const REFUSED: readonly [what: string, wrong: Partial<ImportRow>, message: string][] = [
  [
    'letters for a price',
    { high: 'x' },
    '"f.csv" line 7: high "x": expected a decimal number, not below zero',
  ],
  ['no price', { close: '' }, '"f.csv" line 7: close "": expected a decimal number, not below zero'],
  ['NaN', { volume: 'NaN' }, '"f.csv" line 7: volume "NaN": expected a decimal number, not below zero'],
  [
    'a negative volume',
    { volume: '-1' },
    '"f.csv" line 7: volume "-1": expected a decimal number, not below zero',
  ],
  [
    'a price of zero',
    { low: '0' },
    '"f.csv" line 7: "10.5,12,0,11,3.25" is not a candle: price not above zero',
  ],
  [
    'a high below the low',
    { high: '8.9' },
    '"f.csv" line 7: "10.5,8.9,9,11,3.25" is not a candle: high below low',
  ],
  [
    'a time off the grid',
    { openTime: String(DAY + 1) },
    `"f.csv" line 7: open_time_ms "${DAY + 1}": expected epoch ms at the start of a 3m candle`,
  ],
  [
    'a time in seconds',
    { openTime: '1763596.8e3' },
    '"f.csv" line 7: open_time_ms "1763596.8e3": expected epoch ms at the start of a 3m candle',
  ],
  [
    // 2026-11-20T00:00Z in seconds, a whole number of 3m slots after 1970.
    'a time in epoch seconds that lies on the grid',
    { openTime: '1795132800' },
    '"f.csv" line 7: open_time_ms "1795132800" looks like epoch seconds, expected epoch ms',
  ],
  [
    'a time in epoch microseconds',
    { openTime: '1795132800000000' },
    '"f.csv" line 7: open_time_ms "1795132800000000" looks like epoch microseconds, expected epoch ms',
  ],
  [
    'a time before the exchange existed',
    { openTime: String(Date.UTC(2017, 11, 31)) },
    '"f.csv" line 7: open_time_ms "1514678400000" is before 2018, when the exchange did not exist: expected epoch ms',
  ],
  [
    'the open candle',
    { openTime: String(NOW) },
    `"f.csv" line 7: open_time_ms "${NOW}": expected a candle that closed before 2026-11-20T00:30Z`,
  ],
  [
    'another candle of the same slot',
    { openTime: String(DAY + SLOT), close: '10' },
    '"f.csv" lines 3 and 7: two different candles at 2026-11-20T00:03Z, expected one',
  ],
];

describe('a file with a wrong row', () => {
  it.each(REFUSED)(
    'with %s is refused with its line, and nothing of it is imported',
    async (_, wrong, message) => {
      const { importRows, stored, merges } = await importer();
      const error = await importRows([row(1), row(2), row(5, wrong)]).catch((reason) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toBe(message);
      expect(await stored()).toEqual([]);
      expect(merges()).toBe(0);
    },
  );

  it('of candles of another interval is refused with their spacing, holes among them or not', async () => {
    const hour = 20;
    const importHourly = async (...slots: readonly number[]) => {
      const { importRows, merges } = await importer(DAY + 100 * 3_600_000);
      const error = await importRows(slots.map((slot) => row(slot))).catch((reason) => reason);
      expect(merges()).toBe(0);
      return error;
    };
    for (const slots of [
      [0, 1],
      [3, 2, 1],
      [0, 1, 2, 5, 6, 8, 9],
      [0, 0, 1, 1, 2, 2],
      [1, 2, 3, 4, 0],
    ]) {
      const error = await importHourly(...slots.map((slot) => slot * hour));
      expect(error).toBeInstanceOf(ConfigError);
      const line = Math.min(...slots) * hour + 2;
      expect(error.message).toBe(
        `"f.csv" line ${line}: rows are 1h apart, expected candles of 3m; for a file of 1h use --interval 1h and another --output`,
      );
    }
    const bars = await importHourly(0, 7, 14, 21);
    expect(bars.message).toBe('"f.csv" line 2: rows are 21m apart, expected candles of 3m');
  });

  it('of one hour is taken where its rows have their neighbours, in any order', async () => {
    const hourly = [0, 20, 40, 60, 80];
    const neighbours = hourly.map((slot) => slot + 1);
    for (const slots of [[...hourly, ...neighbours], [...neighbours, ...hourly].reverse()]) {
      const { importRows } = await importer(DAY + 100 * 3_600_000);
      expect((await importRows(slots.map((slot) => row(slot)))).candles).toBe(10);
    }
  });

  it('accepts a candle that closes at this instant', async () => {
    const { importRows } = await importer();
    expect((await importRows([row(9)])).candles).toBe(1);
  });

  it('is refused when it has no rows', async () => {
    const { importRows } = await importer();
    await expect(importRows([])).rejects.toThrow('"f.csv": has no candles, expected at least one row');
  });
});
