import {
  type ExchangeClock,
  MINUTE_MS,
  orderPause,
  type PaceStore,
  PausedError,
  type Report,
  RetryableError,
  SECOND_MS,
} from '@candlelake/core';

export interface StandDownPorts {
  readonly exchangeClock: ExchangeClock;
  readonly pace: PaceStore;
  readonly report: Report;
}

/** After a rate limit or a ban all functions pause for this long: they may share one address. */
const STAND_DOWN_MS = 5 * MINUTE_MS;

/**
 * A function is paid for while it waits, so a longer wait ends it. The request budget alone never makes a
 * request wait longer than this.
 */
export const LONGEST_WAIT_MS = 30 * SECOND_MS;

/**
 * Reports why a function could not go on. A rate limit or a ban also pauses the requests of all functions for
 * {@link STAND_DOWN_MS}, or longer if the exchange asks for it.
 */
export async function standDown(
  { exchangeClock, pace, report }: StandDownPorts,
  error: unknown,
): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RetryableError)) {
    report({ level: 'error', kind: 'failed', message });
    return;
  }
  const isLimited = error.retryAfterMs !== undefined && !(error instanceof PausedError);
  if (isLimited) {
    const now = exchangeClock.now();
    const pause = { now, until: now + Math.max(STAND_DOWN_MS, error.retryAfterMs) };
    await pace.changePace((state) => ({ state: orderPause(state, pause), result: undefined }));
  }
  report({ level: 'warn', kind: isLimited ? 'stood-down' : 'history-failed', message });
}
