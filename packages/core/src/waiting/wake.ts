import type { Clock } from '../ports.ts';
import { followSignal } from './follow.ts';

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

/** Why a sleep ends early. An error of its own for each would cost more than the sleep. */
export const WOKEN = new Error('woken');

/** A wake on a clock; for one sleeper at a time. */
export function createWake(clock: Clock): Wake {
  let isWoken = false;
  let sleeper: AbortController | null = null;
  return {
    wake() {
      isWoken = true;
      sleeper?.abort(WOKEN);
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      const follower = followSignal(signal);
      sleeper = follower.controller;
      try {
        if (!isWoken) await clock.sleep(Math.max(0, ms), sleeper.signal);
      } catch (error) {
        if (signal.aborted || !isWoken) throw error;
      } finally {
        follower.release();
        sleeper = null;
      }
      const wasWoken = isWoken;
      isWoken = false;
      return wasWoken;
    },
  };
}
