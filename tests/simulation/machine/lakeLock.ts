import type { WithLakeLease } from '../../../packages/cli/src/adapters/lakeLease.ts';
import type { Life } from './effects.ts';
import type { ProcessClock } from './processClock.ts';

/** The lock of a machine's lake, which ends with the process that holds it. */
export interface LakeLock {
  /** The lease of a process that starts now. */
  leaseOf(life: Life, clock: ProcessClock): WithLakeLease;
}

/** Between two attempts, as those of the command line. */
const RETRY_MS = 100;

/** A lock that no process holds. */
export function createLakeLock(): LakeLock {
  let holder: Life | null = null;
  return {
    leaseOf: (life, clock) => async (work, signal) => {
      while (holder !== null && !holder.isDead) await clock.sleep(RETRY_MS, signal);
      holder = life;
      try {
        signal.throwIfAborted();
        return await work();
      } finally {
        if (holder === life) holder = null;
      }
    },
  };
}
