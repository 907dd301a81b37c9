import type { VirtualTime } from '../virtualTime.ts';

export interface LookOptions {
  readonly periodMs: number;
  /** No look at this time or later. */
  readonly end: number;
}

/** Calls `look` once in a period. */
export function lookEvery(time: VirtualTime, options: LookOptions, look: () => unknown): void {
  const due = time.now() + options.periodMs;
  if (due >= options.end) return;
  time.at(due, () => {
    lookEvery(time, options, look);
    look();
  });
}
