import type { CoverageRun } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { NO_COVERAGE, withCoverage } from '../../packages/page/src/model/coverageRuns.ts';
import { countSlots, stripLabel, stripRectangles } from '../../packages/page/src/model/strip.ts';

const MS_21M = 1_260_000;
const TIMES = Array.from({ length: 11 }, (_, index) => index * MS_21M);
/** Ten pixels a bar; bar 0 is around pixel 5. */
const toPixel = (position: number) => 5 + position * 10;
const rectangles = (runs: readonly CoverageRun[]) =>
  stripRectangles({ runs, times: TIMES, timeframe: '21m', toPixel, width: 100 });

describe('stripRectangles', () => {
  it('covers the pixels of its slots', () => {
    const runs = [{ from: MS_21M, to: 3 * MS_21M, state: 'missing' }] as const;
    expect(rectangles(runs)).toEqual([{ left: 10, width: 20, state: 'missing' }]);
  });

  it('shows a single slot at least two pixels wide', () => {
    const [rectangle] = rectangles([{ from: MS_21M, to: MS_21M + 180_000, state: 'quiet' }]);
    expect(rectangle).toMatchObject({ left: 10, width: 2 });
  });

  it('draws what is missing over what is only unconfirmed', () => {
    const runs = [
      { from: 0, to: MS_21M, state: 'missing' },
      { from: MS_21M, to: 2 * MS_21M, state: 'provisional' },
      { from: 0, to: MS_21M, state: 'quiet' },
    ] as const;
    expect(rectangles(runs).map(({ state }) => state)).toEqual(['quiet', 'provisional', 'missing']);
  });

  it('leaves out what is right of the screen and cuts what reaches over its edge', () => {
    const runs = [
      { from: 8 * MS_21M, to: 20 * MS_21M, state: 'missing' },
      { from: 10.5 * MS_21M, to: 10.6 * MS_21M, state: 'quiet' },
    ] as const;
    expect(rectangles(runs)).toEqual([{ left: 80, width: 20, state: 'missing' }]);
  });
});

describe('countSlots', () => {
  it('counts the slots inside the range', () => {
    const runs = [
      { from: 0, to: 540_000, state: 'missing' },
      { from: 720_000, to: 900_000, state: 'quiet' },
    ] as const;
    expect(countSlots(runs, { from: 180_000, to: 900_000 }, 180_000)).toEqual({
      ...{ missing: 2, quiet: 1, provisional: 0, unavailable: 0 },
    });
  });

  it('is said in the legend, zero only of what is missing', () => {
    const counts = { missing: 0, quiet: 0, provisional: 1234, unavailable: 0 };
    expect(
      (['final', 'provisional', 'quiet', 'missing'] as const).map((state) => stripLabel(state, counts)),
    ).toEqual(['final', 'provisional 1,234', 'quiet', 'missing 0']);
  });
});

describe('withCoverage', () => {
  const answer = (from: number, to: number, runs: readonly CoverageRun[]) => ({
    ...{ symbol: 'BTC-USDT', interval: '3m' as const, from, to, runs },
  });
  const known = withCoverage(NO_COVERAGE, answer(0, 100, [{ from: 0, to: 100, state: 'missing' }]));

  it('keeps what lies outside the answer, cut at its edges', () => {
    const { runs, range } = withCoverage(known, answer(40, 60, []));
    expect(runs).toEqual([
      { from: 0, to: 40, state: 'missing' },
      { from: 60, to: 100, state: 'missing' },
    ]);
    expect(range).toEqual({ from: 0, to: 100 });
  });

  it('takes runs inside the answer only, and grows with it', () => {
    const { runs, range } = withCoverage(known, answer(40, 120, [{ from: 30, to: 50, state: 'quiet' }]));
    expect(runs).toEqual([
      { from: 0, to: 40, state: 'missing' },
      { from: 40, to: 50, state: 'quiet' },
    ]);
    expect(range).toEqual({ from: 0, to: 120 });
  });
});
