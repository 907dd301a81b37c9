import { describe, expect, it } from 'vitest';
import {
  candlePlace,
  candlePlaces,
  endsLine,
  type Palette,
  valuePlaces,
  volumePlace,
} from '../../packages/page/src/model/series.ts';
import { exampleBar } from './exampleBars.ts';

const NAMES = [
  'background',
  'text',
  'grid',
  'border',
  'up',
  'down',
  'upFaint',
  'downFaint',
  'short',
] as const;
const PALETTE = Object.fromEntries(NAMES.map((name) => [name, name])) as unknown as Palette;

describe('candlePlace', () => {
  it.each([
    [{ status: 'complete' as const }, {}],
    [{ status: 'provisional' as const, is_open: true }, {}],
    [{ status: 'provisional' as const }, { color: 'upFaint' }],
    [{ status: 'provisional' as const, close: 95 }, { color: 'downFaint' }],
    [{ status: 'short' as const }, { color: 'upFaint', borderColor: 'short', wickColor: 'short' }],
  ])('of a bar with %j has the colours %j', (change, colours) => {
    const bar = exampleBar({ open_time: 60_000, ...change });
    const { open, high, low, close } = bar;
    expect(candlePlace(bar, PALETTE)).toEqual({ time: 60, open, high, low, close, ...colours });
  });
});

describe('the places of the axis', () => {
  it('hold a bar or nothing', () => {
    const bars = [exampleBar({ open_time: 0 }), exampleBar({ open_time: 2000 })];
    const places = candlePlaces(bars, [0, 1000, 2000], PALETTE);
    expect(places.map((place) => [place.time, 'close' in place])).toEqual([
      ...[
        [0, true],
        [1, false],
        [2, true],
      ],
    ]);
  });

  it('have volume in the colour of the bar', () => {
    expect(volumePlace(exampleBar({ close: 95 }), PALETTE)).toEqual({
      time: 0,
      value: 12.5,
      color: 'downFaint',
    });
  });
});

describe('valuePlaces', () => {
  const hidden = { ma_short: 'no short', ma_long: 'no long', atr: 'no atr' };
  const bars = [1, 2, null, null, 5].map((ma_short, index) =>
    exampleBar({ open_time: index * 1000, ma_short }),
  );

  it('break the line where the column is null', () => {
    expect(valuePlaces(bars, 'ma_short', { hidden })).toEqual([
      { time: 0, value: 1 },
      { time: 1, value: 2, color: 'no short' },
      { time: 2 },
      { time: 3 },
      { time: 4, value: 5 },
    ]);
  });

  it('say when a last bar changes the place before it', () => {
    expect([1, 2, 3, 4, 5].map((count) => endsLine(bars.slice(0, count)))).toEqual([
      ...[false, false, true, false, false],
    ]);
  });
});
