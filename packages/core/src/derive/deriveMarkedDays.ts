import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { DerivationStore, ReportedEvent } from '../ports.ts';
import type { DerivedDay } from './deriveDay.ts';
import type { DayRange, LakeWriter } from './lakeWriter.ts';

export interface DerivePassPorts {
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'dirtyDays'>;
  readonly writer: LakeWriter;
  /** Called after each day, when its objects and checkpoints are written. */
  readonly onDay?: (derived: DerivedDay) => void;
}

/** What a pass over the marked days did. */
export interface DerivePass {
  readonly days: number;
  /** Objects that were written or removed. */
  readonly objects: number;
  /** The watermark that the pass started with: everything up to it is in the lake now. */
  readonly asOf: EpochMs;
  /** Marked days that are left. */
  readonly dirtyDays: number;
}

/**
 * Derives the marked days, and the days that they mark in turn: today and yesterday first, so that a long
 * derivation of history does not delay them; then oldest first. Today and yesterday are derived again when
 * the days before changed their checkpoint. A day that is marked again otherwise waits for the next pass, so
 * that the pass ends however busy the store is.
 */
export async function deriveMarkedDays(
  { derivation, writer, onDay }: DerivePassPorts,
  signal: AbortSignal,
): Promise<DerivePass> {
  // Read before the marks: the days that this watermark touches are marked with it.
  const asOf = await derivation.readAsOf();
  let { length: dirtyDays } = await derivation.dirtyDays();
  let days = 0;
  let objects = 0;
  let ranges = dirtyDays > 0 ? firstRanges(asOf) : [];
  while (ranges.length > 0) {
    signal.throwIfAborted();
    const step = await writer.deriveNext(ranges, signal);
    ({ dirtyDays } = step);
    ranges = step.derived ? rangesAfter(step.derived.day, ranges) : [];
    if (!step.derived) continue;
    days += 1;
    objects += step.derived.objects;
    onDay?.(step.derived);
  }
  return { days, objects, asOf, dirtyDays };
}

/** Yesterday and today, then the days before them. */
function firstRanges(asOf: EpochMs): readonly DayRange[] {
  const yesterday = startOfDay(asOf - 1) - DAY_MS;
  return [
    { from: yesterday, to: Number.POSITIVE_INFINITY },
    { from: Number.NEGATIVE_INFINITY, to: yesterday },
  ];
}

/**
 * What is left after a day: as long as no older day was derived, the older ones; after one, all that follow
 * it.
 */
function rangesAfter(day: EpochMs, [first, older]: readonly DayRange[]): readonly DayRange[] {
  const from = day + DAY_MS;
  if (older && day >= older.to) return [{ ...first!, from }, older];
  return [{ from, to: Number.POSITIVE_INFINITY }];
}

/** The line about the objects that a pass wrote. */
export function lakeWritten({ days, objects }: DerivePass): ReportedEvent {
  const message = `lake: ${objects} objects of ${days} days written`;
  return { level: 'debug', kind: 'lake-written', message, fields: { days, objects } };
}
