import type { Clock } from '../ports.ts';

/** A sleep that others may cut short. */
export interface Wake {
  /** Waits `ms` of the clock, less when somebody nudges; rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the present sleep, or the next one if nobody sleeps. */
  nudge(): void;
}

/** A wake on a clock; for one sleeper at a time. */
export function createWake(clock: Clock): Wake {
  let nudged = new AbortController();
  return {
    nudge: () => nudged.abort(),
    async sleep(ms, signal) {
      const { signal: nudge } = nudged;
      try {
        await clock.sleep(Math.max(0, ms), AbortSignal.any([signal, nudge]));
      } catch (error) {
        if (signal.aborted || !nudge.aborted) throw error;
      }
      if (nudge.aborted) nudged = new AbortController();
    },
  };
}
