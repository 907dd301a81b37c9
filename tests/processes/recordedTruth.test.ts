import { readFileSync, rmSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram, temporaryFolder } from '../cli/program.ts';
import { type LiteralIndicators, literalIndicators } from '../core/domain/literalLaws.ts';
import { barsBySql, type SqlBar } from '../core/domain/recording.ts';
import { simulatedClock, startStandIn } from './standIn.ts';

/**
 * The long contiguous part of the recording. It crosses midnight, begins with a bar of the grid and ends
 * inside one.
 */
const FROM = Date.parse('2025-08-02T12:36Z');
const TO = Date.parse('2025-08-03T03:00Z');
const folder = temporaryFolder();

type LakeBar = SqlBar & LiteralIndicators & { readonly status: string; readonly index: number };

async function lakeBars(): Promise<LakeBar[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await connection.runAndReadAll(`
    SELECT epoch_ms(open_time)::DOUBLE AS "openTime", epoch_ms(close_time)::DOUBLE AS "closeTime", open, high, low, close, volume,
      candle_count AS "candleCount", status, bar_index AS "index", ma_short AS "maShort", ma_long AS "maLong", ma_cross AS "maCross", trend, tr, atr,
      atr_percent AS "atrPercent"
    FROM read_parquet('${folder}/parquet/bars/timeframe=21m/*/bars.parquet') ORDER BY open_time`);
  return reader.getRowObjectsJS() as unknown as LakeBar[];
}

describe('the recorded candles, served by the stand-in and kept by the program', () => {
  let bars: LakeBar[] = [];
  let sql: SqlBar[] = [];

  beforeAll(async () => {
    const clock = simulatedClock(Date.parse('2025-08-03T03:20Z'), 60);
    const file = 'tests/fixtures/bingx/btc-usdt-3m-closed.csv';
    const exchange = await startStandIn(['--candles', file, '--symbol', 'BTC-USDT'], clock);
    const window = ['--from', new Date(FROM).toISOString(), '--to', new Date(TO).toISOString()];
    const place = ['--output', folder, ...exchange.restFlags];
    const { code, stderr } = await runProgram(
      ['backfill', '--symbol', 'BTC-USDT', ...window, ...place],
      clock,
    );
    await exchange.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    bars = await lakeBars();
    sql = (await barsBySql()).filter((bar) => bar.openTime >= FROM && bar.closeTime <= TO);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('become the 41 bars that SQL computes from the file, all complete', () => {
    expect(sql).toHaveLength(41);
    const plain = bars.map(
      ({ openTime, closeTime, open, high, low, close, volume, candleCount }): SqlBar => ({
        ...{ openTime, closeTime, open, high, low, close, volume, candleCount },
      }),
    );
    expect(plain).toEqual(sql);
    expect(new Set(bars.map(({ status }) => status))).toEqual(new Set(['complete']));
  });

  it('keep the 12-minute last bar of the day, index 68, and begin the next day with index 0', () => {
    const last = bars.findIndex(({ closeTime }) => closeTime === Date.parse('2025-08-03'));
    expect(bars[last]).toMatchObject({
      index: 68,
      candleCount: 4,
      openTime: Date.parse('2025-08-02T23:48Z'),
    });
    expect(bars[last + 1]).toMatchObject({ index: 0, candleCount: 7, openTime: Date.parse('2025-08-03') });
  });

  it('carry averages, crossovers and ATR equal to a literal restatement of the laws, bit for bit', () => {
    const periods = { maShort: 3, maLong: 7, atr: 14 };
    const expected = sql.map((_, index) => literalIndicators(sql.slice(0, index + 1), periods));
    const ours = bars.map(({ maShort, maLong, maCross, trend, tr, atr, atrPercent }) => ({
      ...{ maShort, maLong, maCross, trend, tr, atr, atrPercent },
    }));
    expect(ours).toEqual(expected);
    expect(expected.filter(({ maCross }) => maCross !== null).length).toBeGreaterThan(2);
  });

  it('has no hole in its window, asked with the query of the README', async () => {
    const [, sql = ''] =
      /candlelake query "(SELECT [^"]+ FROM coverage [^"]+)"/.exec(readFileSync('README.md', 'utf8')) ?? [];
    const { stdout } = await runProgram(['query', sql, '--format', 'json', '--output', folder]);
    // The window begins at 12:36, so the morning before it is missing in the lake.
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        symbol: 'BTC-USDT',
        expected: 480,
        quiet: 0,
        missing: 252,
        first_missing: '2025-08-02T00:00:00Z',
      }),
    ]);
  });
});
