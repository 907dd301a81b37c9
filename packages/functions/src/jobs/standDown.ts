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

/** After a rate limit or a ban all functions pause for this long: they may share one address. */
const STAND_DOWN_MS = 5 * MINUTE_MS;

/**
 * A function is paid for while it waits, so a longer wait ends it. The request budget alone never makes a
 * request wait longer than this.
 */
const LONGEST_WAIT_MS = 30 * SECOND_MS;

/**
 * Reports why a function could not go on. A rate limit or a ban also pauses the requests of all functions for
 * {@link STAND_DOWN_MS}, or longer if the exchange asks for it.
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

/** The same pace, except that a wait of more than {@link LONGEST_WAIT_MS} throws RetryableError. */
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

/** A pause that is already in the store: {@link standDown} does not add another one. */
class PausedError extends RetryableError {}
