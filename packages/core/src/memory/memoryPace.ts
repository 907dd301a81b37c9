import { mergePauses, type Pause, paceHorizon, paceWait, pauseAt } from '../domain/pace.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { PaceStore } from '../ports.ts';

/** The pace of requests in memory. */
export function createMemoryPace(clock: () => EpochMs): PaceStore {
  let starts: readonly EpochMs[] = [];
  let pause: Pause = { from: 0, until: 0 };
  return {
    async reserve(now, limits) {
      pause = pauseAt(pause, now);
      if (pause.until > now) return pause.until - now;
      starts = starts
        .map((start) => Math.min(start, now))
        .filter((start) => start > paceHorizon(now, limits));
      const wait = paceWait(starts, now, limits);
      if (wait <= 0) starts = [...starts, now];
      return Math.max(wait, 0);
    },
    async pause(until) {
      pause = mergePauses(pauseAt(pause, clock()), { from: clock(), until });
    },
  };
}
