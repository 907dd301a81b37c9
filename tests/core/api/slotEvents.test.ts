import { type CoverageAnswer, confirmedCandle, createGapWatch, type MergedSlot } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const SLOT = 180_000;
const MIDNIGHT = Date.UTC(2026, 10, 22);
const at = (slot: number) => MIDNIGHT + slot * SLOT;

/** The coverage of a day of which `to` slots have closed; `missing` are slots. */
function coverage(to: number, missing: readonly (readonly [number, number])[], from = 0): CoverageAnswer {
  const runs = missing.map(([first, end]) => ({ from: at(first), to: at(end), state: 'missing' as const }));
  const quiet = { from: at(from), to: at(from + 1), state: 'quiet' as const };
  return { symbol: 'BTC-USDT', interval: '3m', from: at(from), to: at(to), runs: [quiet, ...runs] };
}

const event = (name: 'gap' | 'repaired', from: number, to: number) => ({
  name,
  data: { symbol: 'BTC-USDT', interval: '3m', from: at(from), to: at(to) },
});

describe('gaps', () => {
  it('begin when a later slot has closed, and are told once', () => {
    const watch = createGapWatch();
    expect(watch(coverage(5, [[4, 5]]))).toEqual([]);
    expect(watch(coverage(6, [[4, 6]]))).toEqual([event('gap', 4, 5)]);
    expect(watch(coverage(6, [[4, 6]]))).toEqual([]);
    expect(watch(coverage(8, [[4, 7]]))).toEqual([event('gap', 5, 7)]);
  });

  it('are repaired in pieces', () => {
    const watch = createGapWatch();
    watch(coverage(20, [[4, 10]]));
    const parts: readonly (readonly [number, number])[] = [
      [4, 5],
      [8, 10],
    ];
    expect(watch(coverage(20, parts))).toEqual([event('repaired', 5, 8)]);
    expect(watch(coverage(20, []))).toEqual([event('repaired', 4, 5), event('repaired', 8, 10)]);
  });

  it('of a day that has ended are followed no longer', () => {
    const watch = createGapWatch();
    watch(coverage(479, [[470, 472]]));
    expect(watch(coverage(482, [], 480))).toEqual([]);
  });
});

describe('a confirmed candle', () => {
  const values = { openTime: at(3), open: '1.5', high: '2', low: '1', close: '1.25', volume: '0.07' };
  const final = { ...values, status: 'final' as const, source: 'history' as const, observed: at(9) };
  const provisional = { ...values, status: 'provisional' as const, source: 'stream' as const, observed: 0 };
  const slot = (
    before: MergedSlot['before']['candle'],
    after: MergedSlot['after']['candle'],
  ): MergedSlot => ({
    series: { market: 'swap', symbol: 'BTC-USDT', interval: '3m' },
    ...{ openTime: at(3), visible: true },
    before: { candle: before, absence: null, unreadable: null },
    after: { candle: after, absence: null, unreadable: null },
  });

  it('is a final one where there was none, a provisional one, or another final one', () => {
    const row = {
      ...{ symbol: 'BTC-USDT', interval: '3m', open_time: at(3), close_time: at(4) },
      ...{ open: 1.5, high: 2, low: 1, close: 1.25, volume: 0.07, status: 'final', source: 'history' },
    };
    expect(confirmedCandle(slot(null, final))).toEqual(row);
    expect(confirmedCandle(slot(provisional, final))).toEqual(row);
    expect(confirmedCandle(slot({ ...final, close: '1.75', observed: at(5) }, final))).toEqual(row);
  });

  it('is none for a provisional one, an equal one read later, or a slot without a candle', () => {
    expect(confirmedCandle(slot(null, provisional))).toBeNull();
    expect(confirmedCandle(slot({ ...final, observed: at(5) }, final))).toBeNull();
    expect(confirmedCandle(slot(null, null))).toBeNull();
  });
});
