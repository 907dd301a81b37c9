import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  candleAt,
  createRecordedInstrument,
  readRecordedInstrument,
  rowsOf,
} from '../../packages/exchange-sim/src/index.ts';

const FILE = new URL('../fixtures/bingx/btc-usdt-3m-closed.csv', import.meta.url).pathname;
const THREE = 180_000;
const rows = readFileSync(FILE, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));
const btc = readRecordedInstrument({ symbol: 'BTC-USDT', file: FILE });

const HEAD = 'open_time_ms,open,high,low,close,volume';

describe('a recording', () => {
  it('is served as it was recorded, candle by candle', () => {
    expect(rows.length).toBeGreaterThan(300);
    for (const [time, ...values] of rows) {
      const shown = candleAt(btc, THREE, Number(time))!;
      const { open, high, low, close, volume } = shown;
      expect([open, high, low, close, volume].map(Number)).toEqual(values.slice(0, 5).map(Number));
    }
  });

  it('has nothing outside of what was recorded', () => {
    const times = new Set(rows.map(([time]) => Number(time)));
    const first = Math.min(...times);
    const last = Math.max(...times);
    for (let time = first - 10 * THREE; time <= last + 10 * THREE; time += THREE) {
      expect(candleAt(btc, THREE, time) !== null).toBe(times.has(time));
    }
  });

  it('comes in larger intervals that its own divides, and in no smaller ones', () => {
    const time = Date.UTC(2025, 7, 2, 13);
    const hour = rows.filter(([t]) => Number(t) >= time && Number(t) < time + 20 * THREE);
    const shown = candleAt(btc, 20 * THREE, time)!;
    expect(hour.length).toBe(20);
    expect(Number(shown.high)).toBe(Math.max(...hour.map((row) => Number(row[2]))));
    expect(Number(shown.close)).toBe(Number(hour[19]![4]));
    expect(candleAt(btc, THREE / 3, time)).toBeNull();
  });

  it('ends at once in history when all of it is long ago', () => {
    const later = Date.UTC(2040, 0);
    const page = rowsOf({ instrument: btc, intervalMs: THREE, limit: 2, now: later });
    expect(page.map((row) => row.openTime)).toEqual([rows.at(-1), rows.at(-2)].map((row) => Number(row![0])));
  });

  it.each([
    ['', 'has no rows'],
    ['open_time_ms,open,high,low,close\n0,1,1,1,1', 'no column "volume"'],
    [`${HEAD}\n0,1,1,1,x,1`, 'line 2: "x" is not a decimal number'],
    [`${HEAD}\n0,1,1,1,1,1\n180000,1,1,1,1,-1`, 'line 3: "-1" is not a decimal number'],
    [`${HEAD}\n0,1,1,1,1,1\n0,1,1,1,1,1`, 'line 3: open_time_ms "0" occurs twice'],
    [`${HEAD}\n0,1,1,1,1,1\n1000,1,1,1,1,1`, '1000 ms apart'],
    [`${HEAD}\n30000,1,1,1,1,1\n90000,1,1,1,1,1`, '"30000" is not a multiple of 60000'],
    [`${HEAD}\n0,1,1,1,1,123456789012345678`, 'too many digits'],
    [`${HEAD}\nabc,1,1,1,1,1`, 'line 2'],
  ])('refuses the file %j: %s', (csv, message) => {
    expect(() => createRecordedInstrument({ symbol: 'BTC-USDT', csv })).toThrow(message);
  });

  it('names the file that it cannot read', () => {
    expect(() => readRecordedInstrument({ symbol: 'BTC-USDT', file: '/does/not/exist.csv' })).toThrow(
      'candles file "/does/not/exist.csv"',
    );
  });
});
