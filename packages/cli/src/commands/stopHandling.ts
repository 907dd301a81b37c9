import type { Report } from '@candlelake/core';
import { FlushTimeoutError, type Stop, watchStop } from '../stop.ts';
import type { CommandContext } from './commandContext.ts';

const STOPPED_LATE =
  'stopped before the lake was up to date; what is stored is safe, the next start derives the rest';

export interface StopHandlingOptions {
  readonly report: Report;
  /** Exit code of a stop that takes too long. A second signal from the user ends with 1. */
  readonly lateCode: number;
}

/** Stops on a signal, reports it, and ends the process when the stop takes too long. */
export function handleStop(context: CommandContext, { report, lateCode }: StopHandlingOptions): Stop {
  return watchStop({
    onStop: (reason) =>
      report({ level: 'info', kind: 'stopping', message: `stopping (${reason})`, fields: { reason } }),
    exit(isLate) {
      if (isLate) report({ level: 'warn', kind: 'stopped-late', message: STOPPED_LATE });
      context.exit(isLate ? lateCode : 1);
    },
  });
}

/**
 * The result of `work`; null when the stop interrupted it. A lake that could not be derived in time is
 * reported and is no failure.
 */
export async function resultUnlessStopped<T>(
  work: Promise<T>,
  stopped: AbortSignal,
  report: Report,
): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    const isLate = error instanceof FlushTimeoutError;
    if (!stopped.aborted || !(isLate || error === stopped.reason)) throw error;
    if (isLate) report({ level: 'warn', kind: 'stopped-late', message: STOPPED_LATE });
    return null;
  }
}

/** Rejects when the thread ends by itself; never resolves. */
export async function threadFailure({ ended }: { readonly ended: Promise<void> }): Promise<never> {
  await ended;
  return new Promise(() => {});
}
