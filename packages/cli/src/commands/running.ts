import type { Report } from '@candlelake/core';
import { FlushTimeoutError, type Stop, watchStop } from '../stop.ts';
import type { Host } from './host.ts';

const LATE =
  'stopped before the lake was up to date; what is stored is safe, the next start derives the rest';

/** Watches for the end of a command: says that it stops, and ends the process when that takes too long (with `lateCode`) or the user insists. */
export function watchEnd(host: Host, report: Report, lateCode = 0): Stop {
  return watchStop({
    onStop: (reason) =>
      report({ level: 'info', kind: 'stopping', message: `stopping (${reason})`, fields: { reason } }),
    exit(isLate) {
      if (isLate) report({ level: 'warn', kind: 'stopped-late', message: LATE });
      host.exit(isLate ? lateCode : 1);
    },
  });
}

/** Waits for work that a stop may cut off; null when it did. A lake that had no time left is said in a line, and is no failure. */
export async function endInTime<T>(
  work: Promise<T>,
  stopped: AbortSignal,
  report: Report,
): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    const isLate = error instanceof FlushTimeoutError;
    if (!stopped.aborted || !(isLate || error === stopped.reason)) throw error;
    if (isLate) report({ level: 'warn', kind: 'stopped-late', message: LATE });
    return null;
  }
}

/** Never resolves; rejects when the thread dies by itself. */
export async function failureOf({ ended }: { readonly ended: Promise<void> }): Promise<never> {
  await ended;
  return new Promise(() => {});
}

/** More names than this make a line that nobody reads. */
const MANY_SYMBOLS = 5;

/** The symbols in a message. */
export function nameSymbols(symbols: readonly string[]): string {
  return symbols.length > MANY_SYMBOLS ? `${symbols.length} symbols` : symbols.join(', ');
}
