import { type Clock, type Random, type Report, retry, SECOND_MS } from '@candlelake/core';

export interface RetryCallsOptions {
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
export function retryCalls<P extends object>(port: P, { clock, random, report }: RetryCallsOptions): P {
  function onFailure({ message }: Error, failures: number): void {
    if (failures > 1) return;
    const text = `the store does not answer: ${message}; trying again`;
    report({ level: 'warn', kind: 'store-slow', message: text });
  }

  const methods = Object.entries(port).map(([name, method]) => [
    name,
    (...args: unknown[]) =>
      retry(() => (method as (...all: unknown[]) => Promise<unknown>)(...args), {
        ...{ clock, random, tries: TRIES, waits: WAITS, onFailure },
      }),
  ]);
  return Object.fromEntries(methods) as P;
}
