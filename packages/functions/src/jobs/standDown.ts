import {
  type Clock,
  MINUTE_MS,
  type PaceStore,
  type Report,
  RetryableError,
  SECOND_MS,
} from '@candlelake/core';

export interface StandDownPorts {
  readonly clock: Clock;
  readonly pace: PaceStore;
  readonly report: Report;
}

/** After a rate limit or a ban no function asks for this long: all of them may share one address. */
const STAND_DOWN_MS = 5 * MINUTE_MS;

/**
 * A function is paid for while it waits: a longer wait ends it. The minute's window of requests never asks
 * for more.
 */
const LONGEST_WAIT_MS = 30 * SECOND_MS;

/**
 * Stops all functions for five minutes when the exchange said that we ask too much; anything else is only
 * reported.
 */
export async function standDown({ clock, pace, report }: StandDownPorts, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RetryableError)) {
    report({ level: 'error', kind: 'failed', message });
    return;
  }
  const isLimited = error.retryAfterMs !== undefined && !(error instanceof PausedError);
  if (isLimited) await pace.pause(clock.now() + Math.max(STAND_DOWN_MS, error.retryAfterMs));
  report({ level: 'warn', kind: isLimited ? 'stood-down' : 'history-failed', message });
}

/**
 * The same pace for a process that must not sit through a pause: a long wait throws RetryableError instead.
 */
export function impatientPace(pace: PaceStore): PaceStore {
  return {
    pause: pace.pause,
    async reserve(now, limits) {
      const waitMs = await pace.reserve(now, limits);
      if (waitMs <= LONGEST_WAIT_MS) return waitMs;
      throw new PausedError(`requests are paused for ${Math.ceil(waitMs / SECOND_MS)} s`, {
        retryAfterMs: waitMs,
      });
    },
  };
}

/** A pause that was ordered before: no reason to order another one. */
class PausedError extends RetryableError {}
