import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  candleAt,
  createSyntheticInstrument,
  framesFrom,
  type Instrument,
  shownAt,
  stateAfter,
  syntheticSymbols,
  tradedBetween,
  type UnitCandle,
  updatesOf,
} from '../../packages/exchange-sim/src/index.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = Date.UTC(2025, 7, 2);

const minutes = fc
  .integer({ min: 0, max: 900 * 1440 })
  .map((minute) => Date.UTC(2023, 0, 1) + minute * MINUTE);
const symbols = fc.constantFrom(...syntheticSymbols(40));

function range(from: number, count: number, step = MINUTE): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + i * step);
}

describe('a synthetic market', () => {
  test.prop([symbols, minutes, fc.integer({ min: 0, max: 5 })])(
    'draws a candle that depends on seed, symbol and open time alone',
    (symbol, openTime, seed) => {
      const one = createSyntheticInstrument({ symbol, seed });
      const other = createSyntheticInstrument({ symbol, seed });
      range(openTime - 30 * MINUTE, 30).forEach(one.candle);
      expect(one.candle(openTime)).toEqual(other.candle(openTime));
    },
  );

  it('draws other candles from another seed and for another symbol', () => {
    const closes = (symbol: string, seed: number) =>
      range(START, 20).map(
        (time) => createSyntheticInstrument({ symbol, seed, quietShare: 0 }).candle(time)?.close,
      );
    expect(closes('BTC-USDT', 1)).not.toEqual(closes('BTC-USDT', 2));
    expect(closes('SIM020-USDT', 1)).not.toEqual(closes('SIM021-USDT', 1));
  });

  test.prop([symbols, minutes])(
    'keeps open and close between low and high, and all of them above 0',
    (symbol, time) => {
      const candle = createSyntheticInstrument({ symbol, quietShare: 0 }).candle(time)!;
      expect(candle.low).toBeGreaterThan(0);
      expect(candle.low).toBeLessThanOrEqual(Math.min(candle.open, candle.close));
      expect(candle.high).toBeGreaterThanOrEqual(Math.max(candle.open, candle.close));
      expect(candle.volume).toBeGreaterThan(0);
    },
  );

  it('opens apart from the close before in part of the minutes, as recorded (266 of 488)', () => {
    const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
    const apart = range(START, 500).filter(
      (t) => btc.candle(t)!.open !== btc.candle(t - MINUTE)!.close,
    ).length;
    expect(apart).toBeGreaterThan(250);
  });

  it('adds three 1m candles up to one 3m candle', () => {
    const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
    for (const time of range(START, 200, 3 * MINUTE)) {
      const parts = range(time, 3).map((t) => candleAt(btc, MINUTE, t)!);
      const whole = candleAt(btc, 3 * MINUTE, time)!;
      expect(whole.open).toBe(parts[0]!.open);
      expect(whole.close).toBe(parts[2]!.close);
      expect(Number(whole.high)).toBe(Math.max(...parts.map((p) => Number(p.high))));
      expect(Number(whole.low)).toBe(Math.min(...parts.map((p) => Number(p.low))));
      const cents = parts.reduce((sum, p) => sum + Math.round(Number(p.volume) * 100), 0);
      expect(Math.round(Number(whole.volume) * 100)).toBe(cents);
    }
  });

  it('writes prices with the digits of the contract', () => {
    const shown = (symbol: string) => candleAt(createSyntheticInstrument({ symbol }), MINUTE, START)!;
    expect(shown('BTC-USDT').close).toMatch(/^\d+\.\d$/);
    expect(shown('DOGE-USDT').close).toMatch(/^0\.\d{5}$/);
    expect(shown('BTC-USDT').volume).toMatch(/^\d+\.\d\d$/);
  });

  it('leaves out about the share of minutes that is asked for', () => {
    const quiet = createSyntheticInstrument({ symbol: 'BTC-USDT', quietShare: 0.3 });
    const silent = range(START, 2000).filter((time) => quiet.candle(time) === null).length;
    expect(silent / 2000).toBeGreaterThan(0.26);
    expect(silent / 2000).toBeLessThan(0.34);
  });

  it('has busy and quiet symbols among 300', () => {
    const share = (instrument: Instrument) => range(START, 100).filter((t) => instrument.candle(t)).length;
    const traded = syntheticSymbols(300).map((symbol) => share(createSyntheticInstrument({ symbol })));
    expect(traded.filter((count) => count === 100).length).toBeGreaterThan(150);
    expect(traded.filter((count) => count < 50).length).toBeGreaterThan(30);
    expect(new Set(syntheticSymbols(300)).size).toBe(300);
  });

  it('shows a quiet minute as no row, or flat at the last price with volume 0', () => {
    const options = { symbol: 'BTC-USDT', quietShare: 0.5 };
    const absent = createSyntheticInstrument({ ...options, quietRows: 'absent' });
    const flat = createSyntheticInstrument({ ...options, quietRows: 'flat' });
    const quiet = range(START, 50).find((time) => absent.candle(time) === null)!;
    let traded = quiet - MINUTE;
    while (!absent.candle(traded)) traded -= MINUTE;
    const price = candleAt(absent, MINUTE, traded)!.close;
    expect(candleAt(absent, MINUTE, quiet)).toBeNull();
    expect(candleAt(flat, MINUTE, quiet)).toEqual({
      openTime: quiet,
      open: price,
      high: price,
      low: price,
      close: price,
      volume: '0.00',
    });
  });

  it('has nothing before its launch', () => {
    const late = createSyntheticInstrument({ symbol: 'BTC-USDT', launchTime: START + 90_000 });
    expect(candleAt(late, MINUTE, START)).toBeNull();
    expect(candleAt(late, MINUTE, START + MINUTE)).toBeNull();
    expect(candleAt(late, MINUTE, START + 2 * MINUTE)).not.toBeNull();
  });
});

describe('an open candle', () => {
  const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });

  test.prop([symbols, minutes])('grows with every update and ends in the final prices', (symbol, time) => {
    const instrument = createSyntheticInstrument({ symbol, quietShare: 0 });
    const updates = updatesOf(instrument, time)!;
    const states = range(0, updates.length, 1).map((i) => stateAfter(updates, i)!);
    states.forEach((state, i) => {
      expect(state.low).toBeLessThanOrEqual(Math.min(state.open, state.close));
      expect(state.high).toBeGreaterThanOrEqual(Math.max(state.open, state.close));
      if (i === 0) return;
      expect(state.volume).toBeGreaterThan(states[i - 1]!.volume);
      expect(state.high).toBeGreaterThanOrEqual(states[i - 1]!.high);
      expect(state.low).toBeLessThanOrEqual(states[i - 1]!.low);
      expect(updates.at[i]!).toBeGreaterThanOrEqual(updates.at[i - 1]!);
    });
    const { volume, ...prices } = instrument.candle(time)!;
    expect(states.at(-1)).toMatchObject(prices);
    expect(states.at(-1)!.volume).toBeLessThanOrEqual(volume);
    expect(states.at(-1)!.volume).toBeGreaterThanOrEqual(volume * 0.9975);
    expect(updates.at.at(-1)).toBeLessThan(MINUTE);
  });

  it('has its final prices when it consists of one update', () => {
    const slow = createSyntheticInstrument({ symbol: 'BTC-USDT', updatesPerSecond: 0.001 });
    for (const time of range(START, 20)) {
      const updates = updatesOf(slow, time)!;
      const { volume, ...prices } = slow.candle(time)!;
      expect(updates.length).toBe(1);
      expect(stateAfter(updates, 0)).toMatchObject(prices);
    }
  });

  it('is pushed in order of time, with more volume each time, minute after minute of a 3m candle', () => {
    const frames = framesFrom(btc, 3 * MINUTE, START - 1);
    const seen = new Map<number, { sendAt: number; volume: number; last: UnitCandle }>();
    for (const { sendAt, openTime, candle } of frames) {
      if (sendAt > START + 90 * MINUTE) break;
      const before = seen.get(openTime) ?? { sendAt: 0, volume: 0 };
      expect(sendAt).toBeGreaterThanOrEqual(before.sendAt);
      expect(candle!.volume).toBeGreaterThan(before.volume);
      seen.set(openTime, { sendAt, volume: candle!.volume, last: candle! });
    }
    for (const [openTime, { last }] of [...seen].slice(0, 30)) {
      const { volume, ...prices } = tradedBetween(btc, openTime, openTime + 3 * MINUTE)!;
      expect(last).toMatchObject(prices);
      expect(last.volume / volume).toBeGreaterThan(0.9975);
    }
  });

  it('shows a day so far as what was traded so far', () => {
    const noon = START + DAY / 2;
    const traded = tradedBetween(btc, START, noon)!;
    expect(Number(shownAt(btc, DAY, START, noon)!.high)).toBe(traded.high / 10);
    expect(Number(shownAt(btc, DAY, START, noon)!.volume)).toBe(traded.volume / 10_000);
  });

  it('is not there before it opens', () => {
    expect(shownAt(btc, MINUTE, START, START - 1)).toBeNull();
  });
});
