import type { VirtualTime } from '../virtualTime.ts';

export interface LookTimes {
  /** The time of the first look after `now`. */
  readonly after: (now: number) => number;
  /** No look at this time or later. */
  readonly end: number;
}

/** Calls `look` at each of its times. */
export function lookEvery(
  time: Pick<VirtualTime, 'now' | 'at'>,
  times: LookTimes,
  look: () => unknown,
): void {
  const due = times.after(time.now());
  if (due >= times.end) return;
  time.at(due, () => {
    lookEvery(time, times, look);
    look();
  });
}
