import type { Candle } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import type { Book } from './exchange/books.ts';
import { expectedLake } from './oracle/expectedLake.ts';
import { truthOf } from './oracle/truth.ts';

const HOUR = 3_600_000;
const DAY = Date.UTC(2026, 9, 10);
const VALUES = { open: '1', high: '2', low: '1', close: '2', volume: '3' };
const at = (hour: number) => DAY + hour * HOUR;

interface Hours {
  readonly launch: number;
  readonly retention?: number;
  /** Hours of which history has no row. */
  readonly empty: readonly number[];
  /** Those of which the stream has shown a candle. */
  readonly streamed?: readonly number[];
}

/** The lake of a day of hours. */
function lakeOf({ launch, retention, empty, streamed = [] }: Hours) {
  const rowOf = (openTime: number) => (empty.some((hour) => at(hour) === openTime) ? null : VALUES);
  const book: Book = {
    ...{ symbol: 'AAA-USDT', launchTime: at(launch) + 1, delistedAt: null },
    ...{ retentionStart: retention === undefined ? 0 : at(retention), row: rowOf, finalValues: rowOf },
    slot: (openTime) => {
      const rows = rowOf(openTime) ? [{ from: 0, values: VALUES }] : [];
      const isShown = rows.length > 0 || streamed.some((hour) => at(hour) === openTime);
      return { openTime, updates: isShown ? [VALUES] : [], firstShownMs: 0, rows };
    },
  };
  const kind = { status: 'provisional', source: 'stream', observed: 0 } as const;
  const candles = streamed.map((hour): Candle => ({ openTime: at(hour), ...VALUES, ...kind }));
  const stored = {
    ...{ candles: new Map(candles.map((candle) => [candle.openTime, candle])), absences: new Map() },
    firstAvailable: null,
  };
  const truth = truthOf({ intervalMs: HOUR, from: DAY, asOf: at(24) }, book, stored);
  const periods = { maShort: 3, maLong: 7, atr: 14 };
  const options = { intervalMs: HOUR, intervalName: '1h', asOf: at(24), timeframes: [240], periods };
  const lake = expectedLake(new Map([['AAA-USDT', truth]]), options);
  const rows = (table: string) => [...lake].find(([path]) => path.startsWith(table))![1];
  return { truth, coverage: rows('coverage')[0]!, candles: rows('candles'), bars: rows('bars') };
}

describe('where history begins, by the oracle', () => {
  it('is the first row after the launch: slots without one before it are unavailable, later ones quiet', () => {
    const { truth, coverage, bars } = lakeOf({ launch: 6, empty: [6, 7, 9] });
    expect(truth).toMatchObject({ launchTime: at(6), firstAvailable: at(8), problems: [] });
    expect(coverage).toMatchObject({ expected: 18, final: 15, quiet: 1, unavailable: 2, missing: 0 });
    expect(bars[0]).toMatchObject({ open_time: at(8), status: 'complete' });
  });

  it('makes a bar with slots before it short', () => {
    expect(lakeOf({ launch: 6, empty: [6, 9] }).bars[0]).toMatchObject({
      ...{ open_time: at(4), status: 'short', candle_count: 1, expected_count: 2 },
    });
  });

  it('is the candle of the launch where it has a row', () => {
    const { coverage } = lakeOf({ launch: 6, empty: [7] });
    expect(coverage).toMatchObject({ expected: 18, final: 17, quiet: 1, unavailable: 0 });
  });

  it('is the first row of what is kept', () => {
    const { truth, coverage } = lakeOf({ launch: 2, retention: 6, empty: [6] });
    expect(truth.firstAvailable).toBe(at(7));
    expect(coverage).toMatchObject({ expected: 22, final: 17, quiet: 0, unavailable: 5 });
  });

  it('leaves candles of the stream before it as they are, and they count as final', () => {
    const { coverage, candles, bars } = lakeOf({ launch: 6, empty: [6, 9], streamed: [6, 9] });
    expect(coverage).toMatchObject({ expected: 18, final: 18, provisional: 0, unavailable: 0 });
    expect(candles[0]).toMatchObject({ open_time: at(6), status: 'final', source: 'stream' });
    expect(bars[0]).toMatchObject({ status: 'complete' });
  });
});
