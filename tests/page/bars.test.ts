import { describe, expect, it } from 'vitest';
import { barAndPrevious, mergeBars } from '../../packages/page/src/model/bars.ts';
import {
  EMPTY_WINDOW,
  MAX_BARS,
  withLive,
  withNewer,
  withOlder,
} from '../../packages/page/src/model/barWindow.ts';
import { exampleBar, walkBars } from './exampleBars.ts';

const bar = (open_time: number, close: number, is_open = false) =>
  exampleBar({ open_time, close_time: open_time + 10, close, is_open });

describe('mergeBars', () => {
  const known = [bar(0, 1), bar(10, 2), bar(20, 3, true)];

  it.each([
    ['a change of the open bar', bar(20, 4, true), [1, 2, 4], true],
    ['the close of the open bar', bar(20, 5), [1, 2, 5], true],
    ['the next bar', bar(30, 6, true), [1, 2, 3, 6], true],
    ['a revised bar', bar(10, 7), [1, 7, 3], false],
    ['a bar of a repaired gap', bar(15, 8), [1, 2, 8, 3], false],
    ['a bar before the first', bar(-10, 9), [9, 1, 2, 3], false],
    ['an open bar after its close', bar(10, 10, true), [1, 2, 3], true],
  ])('takes %s', (_, incoming, closes, onlyLast) => {
    const change = mergeBars(known, [incoming]);
    expect([change.bars.map(({ close }) => close), change.onlyLast]).toEqual([closes, onlyLast]);
  });

  it('takes a page of bars in any order, the new ones winning', () => {
    const { bars } = mergeBars(known, [bar(20, 30), bar(10, 20), bar(5, 15)]);
    expect(bars.map(({ close }) => close)).toEqual([1, 15, 20, 30]);
  });
});

describe('barAndPrevious', () => {
  const bars = [bar(0, 1), bar(10, 2), bar(30, 3)];

  it('is the last bar when none is pointed at', () =>
    expect(barAndPrevious(bars, null)).toEqual({ bar: bars[2], previous: bars[1] }));

  it('is the bar pointed at, and nothing in a gap', () => {
    expect(barAndPrevious(bars, 10)).toEqual({ bar: bars[1], previous: bars[0] });
    expect(barAndPrevious(bars, 0)).toEqual({ bar: bars[0], previous: undefined });
    expect(barAndPrevious(bars, 20)).toEqual({ bar: undefined, previous: undefined });
  });
});

describe('the window of bars', () => {
  const many = walkBars(MAX_BARS + 200, Date.parse('2026-11-22T12:00Z'));
  const newest = { bars: many.slice(-400), older: many.at(-400)!.open_time, newer: null };

  it('grows into the past and drops the newest bars beyond its limit', () => {
    const page = many.slice(0, -400);
    const { bars, older, newer } = withOlder(newest, page, 7);
    expect([bars.length, older, newer]).toEqual([MAX_BARS, 7, many[MAX_BARS]!.open_time]);
    expect(bars[0]).toBe(many[0]);
  });

  it('grows back to the newest bars and drops the oldest', () => {
    const past = withOlder(newest, many.slice(0, -400), null);
    const { bars, older, newer } = withNewer(past, many.slice(MAX_BARS), null);
    expect([bars.length, older, newer]).toEqual([MAX_BARS, many[200]!.open_time, null]);
    expect(bars.at(-1)).toBe(many.at(-1));
  });

  it('does not take live bars that would leave a hole between them and its own', () => {
    const past = { bars: many.slice(0, 10), older: null, newer: many[10]!.open_time };
    expect(withLive(past, [many.at(-1)!]).window).toBe(past);
    const revised = { ...many[3]!, close: 1 };
    expect(withLive(past, [revised]).window.bars[3]).toBe(revised);
    expect(withLive(newest, [{ ...many[0]!, close: 1 }]).window).toBe(newest);
  });

  it('takes the first bar of an empty store', () => {
    expect(withLive(EMPTY_WINDOW, [many[0]!]).window.bars).toEqual([many[0]]);
  });
});
