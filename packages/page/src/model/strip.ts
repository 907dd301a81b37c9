import type { CoverageRun, RunState } from '@candlelake/core';
import { axisPosition, timeframeMs } from './timeframe.ts';

/** The states of the strip, in the order of its legend; `final` is everything that no run covers. */
export const STRIP_STATES = ['final', 'provisional', 'quiet', 'missing', 'unavailable'] as const;

export interface StripRectangle {
  readonly left: number;
  readonly width: number;
  readonly state: RunState;
}

export interface StripOptions {
  readonly runs: readonly CoverageRun[];
  /** Open times on the axis of the chart. */
  readonly times: readonly number[];
  readonly timeframe: string;
  /** The pixel of a position in bars. */
  readonly toPixel: (position: number) => number;
  /** Width of the strip in pixels. */
  readonly width: number;
}

/** A single slot that lacks its candle has to be seen at any zoom. */
const MIN_WIDTH = 2;
/** What is drawn last covers the others: holes come before what is only unconfirmed. */
const DRAWING_ORDER: readonly RunState[] = ['quiet', 'provisional', 'unavailable', 'missing'];

/** The rectangles of the runs that are in view, those that matter more last. */
export function stripRectangles(options: StripOptions): readonly StripRectangle[] {
  const { runs, times, timeframe, toPixel, width } = options;
  const lengthMs = timeframeMs(timeframe);
  const pixel = (instant: number) => toPixel(axisPosition(instant, times, lengthMs));
  const rectangles = runs.flatMap(({ from, to, state }) => {
    const left = Math.max(0, pixel(from));
    const right = Math.min(width, pixel(to));
    if (right < 0 || left > width || right < left) return [];
    return [{ left, width: Math.max(MIN_WIDTH, right - left), state }];
  });
  return rectangles.sort((a, b) => DRAWING_ORDER.indexOf(a.state) - DRAWING_ORDER.indexOf(b.state));
}

/** The legend's text of a state, with its number of slots. A number of zero is shown of `missing` only. */
export function stripLabel(
  state: (typeof STRIP_STATES)[number],
  counts: Readonly<Record<RunState, number>>,
): string {
  if (state === 'final' || (state !== 'missing' && counts[state] === 0)) return state;
  return `${state} ${counts[state].toLocaleString('en-US')}`;
}

/** The number of slots in each state between two instants; a run counts with its part inside. */
export function countSlots(
  runs: readonly CoverageRun[],
  range: { readonly from: number; readonly to: number },
  intervalMs: number,
): Readonly<Record<RunState, number>> {
  const counts = { missing: 0, quiet: 0, provisional: 0, unavailable: 0 };
  for (const { from, to, state } of runs) {
    const lengthMs = Math.min(to, range.to) - Math.max(from, range.from);
    if (lengthMs > 0) counts[state] += Math.round(lengthMs / intervalMs);
  }
  return counts;
}
