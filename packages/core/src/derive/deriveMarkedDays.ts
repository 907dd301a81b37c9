import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { Clock, DerivationStore, ReportedEvent } from '../ports.ts';
import type { DerivedDay } from './deriveDay.ts';
import type { LakeWriter } from './lakeWriter.ts';

export interface DerivePassPorts {
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'dirtyDays'>;
  readonly writer: LakeWriter;
  /**
   * Called after each day, when its objects and checkpoints are written, with the number of days left of
   * those that were marked at the start.
   */
  readonly onDay?: (derived: DerivedDay, left: number) => void;
  /**
   * Asked between runs of older days: whether yesterday and today are derived again, if they are marked.
   * Left out, they wait until the older days are derived.
   */
  readonly isNewestDue?: () => boolean;
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
 * Derives the days that are marked at the start, and the days that they mark in turn: today and yesterday
 * first, so that a long derivation of history does not delay them; then oldest first. Today and yesterday are
 * derived again when the days before changed their checkpoint, and between older days when `isNewestDue`. A
 * day that is marked otherwise meanwhile waits for the next pass, so that the pass ends however busy the
 * store is.
 */
export async function deriveMarkedDays(
  { derivation, writer, onDay, isNewestDue = () => false }: DerivePassPorts,
  signal: AbortSignal,
): Promise<DerivePass> {
  // Read before the marks: the days that this watermark touches are marked with it.
  const asOf = await derivation.readAsOf();
  const marked = (await derivation.dirtyDays()).map(({ day }) => day);
  const yesterday = startOfDay(asOf - 1) - DAY_MS;
  const newest = marked.filter((day) => day >= yesterday);
  const older = marked.filter((day) => day < yesterday);
  let days = 0;
  let objects = 0;
  const count = (run: readonly DerivedDay[]) => {
    for (const derived of run) {
      days += 1;
      objects += derived.objects;
      onDay?.(derived, Math.max(0, marked.length - days));
    }
  };
  for await (const run of deriveUpwards(writer, { ascending: newest, asOf }, signal)) count(run);
  for await (const run of deriveUpwards(writer, { ascending: older, asOf }, signal)) {
    count(run);
    if (!isNewestDue()) continue;
    const ascending = [yesterday, yesterday + DAY_MS];
    for await (const again of deriveUpwards(writer, { ascending, asOf }, signal)) count(again);
  }
  const { length: dirtyDays } = days > 0 ? await derivation.dirtyDays() : marked;
  return { days, objects, asOf, dirtyDays };
}

interface MarkedDays {
  readonly ascending: readonly EpochMs[];
  readonly asOf: EpochMs;
}

/**
 * Derives each of the days and, as long as there is a mark, the days after it. It asks for the mark of each
 * day alone: reading all marks for each day would take time that grows with their square.
 */
async function* deriveUpwards(
  writer: Pick<LakeWriter, 'deriveRun'>,
  { ascending, asOf }: MarkedDays,
  signal: AbortSignal,
): AsyncGenerator<readonly DerivedDay[]> {
  let next = Number.NEGATIVE_INFINITY;
  for (const marked of ascending) {
    if (marked < next) continue;
    for (next = marked; next < asOf; ) {
      signal.throwIfAborted();
      const run = await writer.deriveRun({ from: next, until: asOf }, signal);
      next += Math.max(1, run.length) * DAY_MS;
      if (run.length === 0) break;
      yield run;
    }
  }
}

/** Answers whether `ms` of the clock have passed since its last yes, at first since it was made. */
export function dueEvery(ms: number, clock: Pick<Clock, 'monotonic'>): () => boolean {
  let dueAt = clock.monotonic() + ms;
  return () => {
    const isDue = clock.monotonic() >= dueAt;
    if (isDue) dueAt = clock.monotonic() + ms;
    return isDue;
  };
}

/** The line about the objects that a pass wrote. */
export function lakeWritten({ days, objects }: DerivePass): ReportedEvent {
  const message = `lake: ${objects} objects of ${days} days written`;
  return { level: 'debug', kind: 'lake-written', message, fields: { days, objects } };
}
