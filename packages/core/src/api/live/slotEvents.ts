import { candleText } from '../../domain/candle/merge.ts';
import type { MergedSlot } from '../../domain/slots/mergePlan.ts';
import { intervalMs } from '../../domain/time/interval.ts';
import type { EpochMs } from '../../domain/time/time.ts';
import type { CoverageAnswer } from '../shapes.ts';
import type { StreamCandle, StreamEvent, StreamSlots } from './streamEvents.ts';

/** The candle of a slot that a write has confirmed or corrected; null when it did neither. */
export function confirmedCandle({ series, openTime, before, after }: MergedSlot): StreamCandle | null {
  const { candle } = after;
  if (candle === null || candle.status === 'provisional') return null;
  if (before.candle !== null && candleText(before.candle) === candleText(candle)) return null;
  const { symbol, interval } = series;
  return {
    ...{ symbol, interval, open_time: openTime, close_time: openTime + intervalMs(interval) },
    ...{ open: Number(candle.open), high: Number(candle.high), low: Number(candle.low) },
    ...{ close: Number(candle.close), volume: Number(candle.volume), status: 'final', source: candle.source },
  };
}

/**
 * Follows which slots of one symbol are missing, by the coverage of its UTC day. The newest slot is not
 * looked at: between its close and the arrival of its candle it is missing for a moment. Slots that are
 * missing when their day ends are followed no longer.
 */
export function createGapWatch(): (coverage: CoverageAnswer) => readonly StreamEvent[] {
  let known: ReadonlySet<EpochMs> = new Set();
  return ({ symbol, interval, from, to, runs }) => {
    const lengthMs = intervalMs(interval);
    const missing = new Set<EpochMs>();
    for (const run of runs.filter(({ state }) => state === 'missing')) {
      const end = Math.min(run.to, to - lengthMs);
      for (let slot = run.from; slot < end; slot += lengthMs) missing.add(slot);
    }
    const repaired = [...known].filter((slot) => slot >= from && !missing.has(slot));
    const lost = [...missing].filter((slot) => !known.has(slot));
    known = missing;
    const rangesOf = (slots: readonly EpochMs[]): readonly StreamSlots[] =>
      joinSlots(slots, lengthMs).map((range) => ({ symbol, interval, ...range }));
    return [
      ...rangesOf(repaired).map((data) => ({ name: 'repaired', data }) as const),
      ...rangesOf(lost).map((data) => ({ name: 'gap', data }) as const),
    ];
  };
}

/** Neighbouring slots as ranges; the slots are ascending. */
function joinSlots(slots: readonly EpochMs[], lengthMs: number): readonly Pick<StreamSlots, 'from' | 'to'>[] {
  const ranges: { from: EpochMs; to: EpochMs }[] = [];
  for (const slot of slots) {
    const last = ranges.at(-1);
    if (last?.to === slot) last.to = slot + lengthMs;
    else ranges.push({ from: slot, to: slot + lengthMs });
  }
  return ranges;
}
