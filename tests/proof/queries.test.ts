import type { EpochMs } from '@candlelake/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bar } from '../../packages/cli/src/output/bar.ts';
import type { LakeRow } from '../simulation/machine/rowEncoder.ts';
import { expectedLake } from '../simulation/oracle/expectedLake.ts';
import { truthOf } from '../simulation/oracle/truth.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { type LakeQueries, openLakeQueries, type RangeQuery } from './lakeQueries.ts';
import { INTERVAL, keyOf, type LyingRun, runAgainstLies, TIMEFRAME_MINUTES } from './lyingRun.ts';

const SLOT_MS = 900_000;
const HOUR_MS = 3_600_000;
/** The newest slots are still being confirmed when the run ends. */
const SETTLE_MS = 2 * HOUR_MS;
const SEED = Number(process.env.DATA_TEST_SEED ?? 7);

/**
 * TradingView's data tests (streaming equals history, and so on), asked of the lake of a run against an exchange that lies
 * and breaks; where TradingView tolerates 5 % of mismatches, none is tolerated.
 */
describe('after the settle window', () => {
  let run: LyingRun;
  let lake: LakeQueries;
  let from: EpochMs;
  let to: EpochMs;
  const symbols = () => run.books.map(({ symbol }) => symbol);

  beforeAll(async () => {
    run = await runAgainstLies(SEED);
    lake = await openLakeQueries(run.objects, { interval: INTERVAL, timeframe: `${TIMEFRAME_MINUTES}m` });
    from = run.windowStart;
    to = Math.floor((run.asOf - SETTLE_MS) / HOUR_MS) * HOUR_MS;
  });
  afterAll(() => lake.close());

  test('the run was one of lies: most kinds of them had an effect, and lines were revised', () => {
    expect(run.faults.size).toBeGreaterThan(10);
    expect(run.revisions).toBeGreaterThan(0);
  });

  test('history equals the books of the exchange, with the right timestamps', async () => {
    for (const symbol of symbols()) {
      const candles = await lake.candles({ symbol, from, to });
      expect(candles.map(withoutPartition)).toEqual(expectedRows(run, 'candles', symbol, { from, to }));
      expect(candles.length).toBeGreaterThan(100);
      const bars = await lake.bars({ symbol, from, to });
      expect(bars.map(withoutPartition)).toEqual(expectedRows(run, 'bars', symbol, { from, to }));
    }
  });

  test('what was streamed equals what history answers: prices, volumes, counts and indicators', async () => {
    for (const symbol of symbols()) {
      const history = await lake.bars({ symbol, from, to });
      const streamed = [...run.streamed.values()].filter((bar) => isIn(bar, { symbol, from, to }));
      expect(streamed.map(columnsOf).sort(byOpenTime)).toEqual(
        history.map((row) =>
          Object.fromEntries(Object.keys(columnsOf(streamed[0]!)).map((name) => [name, row[name]])),
        ),
      );
    }
  });

  test('the lines of the terminal, with their revisions, equal what history answers: prices and counts', async () => {
    for (const symbol of symbols()) {
      const history = new Map((await lake.bars({ symbol, from, to })).map((row) => [row.open_time, row]));
      const shown = [...run.shown.values()].filter((bar) => isIn(bar, { symbol, from, to }));
      expect(shown.length).toBeGreaterThan(20);
      for (const bar of shown) {
        const { open, high, low, close, candle_count, expected_count } = history.get(bar.openTime)!;
        expect([bar.open, bar.high, bar.low, bar.close], keyOf(bar)).toEqual([open, high, low, close]);
        expect([bar.candleCount, bar.expectedCount], keyOf(bar)).toEqual([candle_count, expected_count]);
      }
    }
  });

  test('streaming time never goes back, in the lines and in the watermark', () => {
    for (const symbol of symbols()) {
      const lines = run.firstShown.filter((bar) => bar.symbol === symbol).map(({ openTime }) => openTime);
      expect(lines).toEqual(lines.toSorted((a, b) => a - b));
      expect(new Set(lines).size).toBe(lines.length);
    }
    expect(run.watermarks.length).toBeGreaterThan(100);
    expect(run.watermarks).toEqual(run.watermarks.toSorted((a, b) => a - b));
  });

  test('repeating a query gives the same answer', async () => {
    const query = { symbol: symbols()[0]!, from, to };
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => lake.candles(query)));
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  test('ten queries of 20 slots equal one of 200, and so does any other partition', async () => {
    const long = { symbol: symbols()[1]!, from: from + 8 * HOUR_MS, to: from + 8 * HOUR_MS + 200 * SLOT_MS };
    expect(long.to).toBeLessThanOrEqual(to);
    const whole = await lake.candles(long);
    const pieces = async (cuts: readonly number[]) => {
      const edges = [long.from, ...cuts.map((cut) => long.from + cut).sort((a, b) => a - b), long.to];
      const parts = edges
        .slice(1)
        .map((end, index) => lake.candles({ ...long, from: edges[index]!, to: end }));
      return (await Promise.all(parts)).flat();
    };
    expect(await pieces([1, 2, 3, 4, 5, 6, 7, 8, 9].map((piece) => piece * 20 * SLOT_MS))).toEqual(whole);
    const cut = fc.integer({ min: 0, max: 200 * SLOT_MS });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 6 }), async (cuts) => {
        expect(await pieces(cuts)).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });

  test('a period without data answers with no rows: before the window, in the future, in a hole, of no length, of an unknown symbol', async () => {
    const [symbol] = symbols() as [string];
    const book = run.books[0]!;
    const hole = slotsOf(from, to).find((openTime) => book.finalValues(openTime) === null)!;
    expect(hole).toBeDefined();
    for (const query of [
      { symbol, from: from - 400 * HOUR_MS, to: from },
      { symbol, from: run.asOf, to: run.asOf + 400 * HOUR_MS },
      { symbol, from: hole, to: hole + SLOT_MS },
      { symbol, from, to: from },
      { symbol: 'OTHER-USDT', from, to },
    ]) {
      expect(await lake.candles(query)).toEqual([]);
      if (query.from !== hole) expect(await lake.bars(query)).toEqual([]);
    }
  });

  test('from is inclusive and to is exclusive, to the millisecond', async () => {
    const random = createSeededRandom(1);
    const slots = slotsOf(from, to);
    for (let check = 0; check < 40; check++) {
      const book = run.books[check % run.books.length]!;
      const edge = (): EpochMs =>
        slots[Math.floor(random() * slots.length)]! + [-1, 0, 1, SLOT_MS - 1][Math.floor(random() * 4)]!;
      const [first, last] = [edge(), edge()].sort((a, b) => a - b) as [EpochMs, EpochMs];
      const rows = await lake.candles({ symbol: book.symbol, from: first, to: last });
      const expected = slots.filter(
        (openTime) => openTime >= first && openTime < last && book.finalValues(openTime) !== null,
      );
      expect(rows.map(({ open_time: openTime }) => openTime)).toEqual(expected);
    }
  });
});

function slotsOf(from: EpochMs, to: EpochMs): readonly EpochMs[] {
  return Array.from({ length: (to - from) / SLOT_MS }, (_, slot) => from + slot * SLOT_MS);
}

function isIn({ symbol, openTime }: Bar, range: RangeQuery): boolean {
  return symbol === range.symbol && openTime >= range.from && openTime < range.to;
}

/** The rows that the exchange's books imply, worked out without the program. */
function expectedRows(
  { books, windowStart, asOf }: LyingRun,
  table: 'candles' | 'bars',
  symbol: string,
  { from, to }: Pick<RangeQuery, 'from' | 'to'>,
): readonly LakeRow[] {
  const stored = { candles: new Map(), absences: new Map(), firstAvailable: null };
  const window = { intervalMs: SLOT_MS, from: windowStart, asOf };
  const truths = new Map(books.map((book) => [book.symbol, truthOf(window, book, stored)]));
  const objects = expectedLake(truths, {
    ...{ asOf, intervalMs: SLOT_MS, intervalName: INTERVAL },
    ...{ timeframes: [TIMEFRAME_MINUTES], periods: { maShort: 3, maLong: 7, atr: 14 } },
  });
  return [...objects]
    .filter(([path]) => path.startsWith(`${table}/`))
    .flatMap(([, rows]) => rows)
    .filter((row) => row.symbol === symbol && Number(row.open_time) >= from && Number(row.open_time) < to);
}

/** Hive partitions come as columns. */
function withoutPartition(row: LakeRow): LakeRow {
  return Object.fromEntries(
    Object.entries(row).filter(([name]) => name !== 'interval' && name !== 'timeframe'),
  );
}

/** The columns of the lake that a streamed bar has. */
function columnsOf(bar: Bar): LakeRow {
  return {
    symbol: bar.symbol,
    bar_index: bar.barIndex,
    open_time: bar.openTime,
    close_time: bar.closeTime,
    ...{ open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume },
    candle_count: bar.candleCount,
    expected_count: bar.expectedCount,
    status: bar.status,
    ma_short: bar.maShort,
    ma_long: bar.maLong,
    ma_cross: bar.maCross,
    trend: bar.trend,
    atr: bar.atr,
    atr_percent: bar.atrPercent,
  };
}

function byOpenTime(one: LakeRow, other: LakeRow): number {
  return Number(one.open_time) - Number(other.open_time);
}
