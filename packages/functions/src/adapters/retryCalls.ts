import { backoffMs, type Clock, type Random, type Report, RetryableError, SECOND_MS } from '@candlelake/core';

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
}

/** Eight tries take about two minutes; then the error is thrown to the caller. */
const TRIES = 8;
const WAITS = { floorMs: 0, baseMs: 2 * SECOND_MS, capMs: 30 * SECOND_MS };

/**
 * The same port, with every call repeated while it throws RetryableError: a throttled table must not end a
 * stream that holds candles it has not written yet. Only for ports whose calls may be repeated.
 */
export function retryCalls<P extends object>(port: P, { clock, random, report }: RetryOptions): P {
  async function retry<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof RetryableError) || attempt === TRIES) throw error;
        const message = `the store does not answer: ${error.message}; trying again`;
        if (attempt === 1) report({ level: 'warn', kind: 'store-slow', message });
        await clock.sleep(backoffMs(attempt - 1, WAITS, random));
      }
    }
  }

  const methods = Object.entries(port).map(([name, method]) => [
    name,
    (...args: unknown[]) => retry(() => (method as (...all: unknown[]) => Promise<unknown>)(...args)),
  ]);
  return Object.fromEntries(methods) as P;
}
