import type { Clock } from '../ports.ts';

/** A sleep that can be cut short. */
export interface Wake {
  /**
   * Waits `ms` of the clock, or until `wake` is called. Resolves with whether `wake` ended it; rejects when
   * the signal aborts.
   */
  sleep(ms: number, signal: AbortSignal): Promise<boolean>;
  /** Ends the present sleep, or the next one if there is none. */
  wake(): void;
}

/** An error of its own for each wake would cost more than the sleep. */
const WOKEN = new Error('woken');

/** A wake on a clock; for one sleeper at a time. */
export function createWake(clock: Clock): Wake {
  let woken = new AbortController();
  return {
    wake: () => woken.abort(WOKEN),
    async sleep(ms, signal) {
      const { signal: wake } = woken;
      try {
        await clock.sleep(Math.max(0, ms), AbortSignal.any([signal, wake]));
      } catch (error) {
        if (signal.aborted || !wake.aborted) throw error;
      }
      if (!wake.aborted) return false;
      woken = new AbortController();
      return true;
    },
  };
}
