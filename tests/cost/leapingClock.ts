import type { Clock, EpochMs } from '@candlelake/core';

/** A clock that leaps from one sleeper to the next: a day of a stream takes a second. */
export interface LeapingClock extends Clock {
  /** Wakes all that falls due until then, in order, and lets what hangs on it settle in between. */
  leapTo(time: EpochMs): Promise<void>;
}

interface Sleeper {
  readonly due: EpochMs;
  readonly wake: () => void;
}

/** `settle` resolves when all that hangs on a woken sleeper is through. */
export function createLeapingClock(start: EpochMs, settle = nextTurn): LeapingClock {
  let now = start;
  const sleepers = new Set<Sleeper>();

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: now + Math.max(1, ms),
        wake() {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      sleepers.add(sleeper);
    });
  }

  return {
    now: () => now,
    monotonic: () => now,
    sleep,
    async leapTo(time) {
      await settle();
      for (;;) {
        const due = Math.min(...Array.from(sleepers, (sleeper) => sleeper.due));
        if (!(due <= time)) break;
        now = Math.max(now, due);
        for (const sleeper of [...sleepers]) if (sleeper.due <= now) sleeper.wake();
        await settle();
      }
      now = time;
    },
  };
}

/** Everything here waits for promises only, and those are through by the next turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
