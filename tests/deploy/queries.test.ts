import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type QueryId, savedQueries } from '../../infra/queries.ts';
import { deriveGoldenLake, GOLDEN_OBJECTS } from '../support/goldenLake.ts';
import { overLake } from '../support/lakeViews.ts';
import { queryDuckDb, type Row } from '../support/readParquet.ts';

const LAST_DAY = '2025-08-03';
const LAST_TIME = `${LAST_DAY} 03:00:00+00`;
const queries = savedQueries({ interval: '3m', timeframe: '21m' });
const docs = readFileSync('docs/aws.md', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'candlelake-queries-'));
const golden = (table: string): readonly Row[] =>
  JSON.parse(readFileSync(`tests/golden/${table}.json`, 'utf8')).rows;

beforeAll(async () => {
  const objects = await deriveGoldenLake();
  for (const [table, path] of Object.entries(GOLDEN_OBJECTS)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), objects[table as keyof typeof objects]);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a saved query as Athena would see the lake on its last day. */
function run(id: QueryId): Promise<Row[]> {
  const { sql } = queries.find((query) => query.id === id)!;
  return queryDuckDb(
    overLake(sql.replaceAll('current_timestamp', `TIMESTAMPTZ '${LAST_TIME}'`), { root: folder }),
  );
}

test('docs/aws.md shows every saved query as it is saved', () => {
  for (const { name, description, sql } of queries) {
    expect(docs).toContain(`**${name}.** ${description}.\n\n\`\`\`sql\n${sql}\n\`\`\``);
  }
  expect(docs.split('```sql').length - 1).toBe(queries.length);
});

test('every saved query names a partition of its size and a range of dates', () => {
  for (const { sql } of queries) {
    expect(sql).toMatch(
      /WHERE (timeframe = '21m'|"interval" = '3m') AND CAST\("date" AS VARCHAR\) >= CAST\(/,
    );
  }
});

describe('over the lake of a recorded day', () => {
  test('the last bars are those of the symbol, the newest first', async () => {
    const rows = await run('LastBars');
    const expected = golden('bars').filter(({ symbol }) => symbol === 'BTC-USDT');
    expect(rows.map(({ open_time, close, atr }) => [open_time, close, atr])).toEqual(
      expected.map(({ open_time, close, atr }) => [open_time, close, atr]).toReversed(),
    );
  });

  test('the crossovers are the bars that have one', async () => {
    const expected = golden('bars').filter(({ ma_cross }) => ma_cross !== null);
    expect(expected.length).toBeGreaterThan(0);
    const rows = await run('Crossovers');
    const keys = (list: readonly Row[]) =>
      list.map(({ close_time, symbol }) => `${close_time} ${symbol}`).toSorted();
    expect(keys(rows)).toEqual(keys(expected));
  });

  test('the days with gaps are those of the symbol that has them', async () => {
    const [row, ...others] = await run('Gaps');
    const [expected] = golden('coverage').filter(({ symbol }) => symbol === 'PART-USDT');
    expect(others).toEqual([]);
    const { expected: slots, final, provisional, missing, first_missing } = expected!;
    expect(row).toEqual({
      date: LAST_DAY,
      market: 'swap',
      symbol: 'PART-USDT',
      expected: slots,
      final,
      provisional,
      missing,
      first_missing,
    });
  });

  test('completeness is the share of slots that are final or quiet', async () => {
    const rows = await run('Completeness');
    const share = ({ final, quiet, expected }: Row) =>
      (100 * (Number(final) + Number(quiet))) / Number(expected);
    const expected = golden('coverage').toSorted((a, b) => share(a) - share(b));
    expect(rows.map(({ symbol }) => symbol)).toEqual(expected.map(({ symbol }) => symbol));
    for (const [index, row] of rows.entries())
      expect(row.percent_settled).toBeCloseTo(share(expected[index]!), 9);
  });

  test('a daily candle has the first open, the last close and all that was traded', async () => {
    const rows = await run('DailyCandles');
    const candles = golden('candles').filter(({ symbol }) => symbol === 'BTC-USDT');
    const row = rows.find(({ symbol }) => symbol === 'BTC-USDT')!;
    expect(row).toMatchObject({
      date: LAST_DAY,
      open: candles[0]!.open,
      close: candles.at(-1)!.close,
      high: Math.max(...candles.map(({ high }) => Number(high))),
      low: Math.min(...candles.map(({ low }) => Number(low))),
    });
    expect(row.volume).toBeCloseTo(
      candles.reduce((sum, { volume }) => sum + Number(volume), 0),
      6,
    );
  });

  test('the daily range is that of the candles, in percent of the first open', async () => {
    const rows = await run('DailyRange');
    const candles = golden('candles').filter(({ symbol }) => symbol === 'BTC-USDT');
    const high = Math.max(...candles.map((candle) => Number(candle.high)));
    const low = Math.min(...candles.map((candle) => Number(candle.low)));
    const row = rows.find(({ symbol }) => symbol === 'BTC-USDT')!;
    expect(row).toMatchObject({ date: LAST_DAY, low, high });
    expect(row.range_percent).toBeCloseTo((100 * (high - low)) / Number(candles[0]!.open), 9);
  });

  test('the volatility of an hour is the mean range of the bars that open in it', async () => {
    const rows = await run('VolatilityByHour');
    const bars = golden('bars').filter(({ symbol }) => symbol === 'BTC-USDT');
    const byHour = Map.groupBy(bars, ({ open_time }) => new Date(Number(open_time)).getUTCHours());
    const found = rows.filter(({ symbol }) => symbol === 'BTC-USDT');
    expect(found.map(({ hour, bars: count }) => [hour, count])).toEqual(
      [...byHour].map(([hour, ofHour]) => [hour, ofHour.length]),
    );
    for (const { hour, range_percent } of found) {
      const ranges = byHour
        .get(Number(hour))!
        .map(({ high, low, close }) => (Number(high) - Number(low)) / Number(close));
      const mean = ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
      // Each range is rounded to a ten-thousandth of a percent.
      expect(range_percent).toBeCloseTo(100 * mean, 3);
    }
  });
});
