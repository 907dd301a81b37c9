import { DAY_MS, type EpochMs } from '../domain/time/time.ts';
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
 * Derives the marked days, oldest first, and the days that they mark in turn. A day that is marked again
 * while the pass runs waits for the next pass, so that the pass ends however busy the store is.
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
  let range: DayRange | null = dirtyDays > 0 ? { from: Number.NEGATIVE_INFINITY } : null;
  while (range) {
    signal.throwIfAborted();
    const step = await writer.deriveNext(range, signal);
    ({ dirtyDays } = step);
    range = step.derived && { from: step.derived.day + DAY_MS };
    if (!step.derived) continue;
    days += 1;
    objects += step.derived.objects;
    onDay?.(step.derived);
  }
  return { days, objects, asOf, dirtyDays };
}

/** The line about the objects that a pass wrote. */
export function lakeWritten({ days, objects }: DerivePass): ReportedEvent {
  const message = `lake: ${objects} objects of ${days} days written`;
  return { level: 'debug', kind: 'lake-written', message, fields: { days, objects } };
}
