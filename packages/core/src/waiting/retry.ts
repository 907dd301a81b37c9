import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import { SECOND_MS } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, Random } from '../ports.ts';

export interface RetryOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
  /** Failures in a row after which the last error is thrown; without it there is no end. */
  readonly tries?: number | undefined;
  /** The waits between the tries. */
  readonly waits?: BackoffLimits;
  /** Whether another try may succeed after this error; without it, after every RetryableError. */
  readonly isPassing?: (error: unknown) => boolean;
  /** Called after each failure, before the wait; `failures` counts those in a row, from 1. */
  readonly onFailure?: ((error: RetryableError, failures: number) => void) | undefined;
}

const WAITS: BackoffLimits = { floorMs: SECOND_MS, baseMs: 2 * SECOND_MS, capMs: 60 * SECOND_MS };

/**
 * Runs `work` until it succeeds. A RetryableError is followed by a wait that doubles with each failure, is
 * partly random, and is never shorter than the error's `retryAfterMs`; any other error, and the last of
 * `tries`, is thrown. `work` may report progress, after which failures are counted anew. Rejects with the
 * signal's reason when it aborts.
 */
export async function retry<T>(
  work: (onProgress: () => void) => Promise<T>,
  options: RetryOptions,
  signal?: AbortSignal,
): Promise<T> {
  const { clock, random, tries = Number.POSITIVE_INFINITY, waits = WAITS, isPassing = () => true } = options;
  let failures = 0;
  for (;;) {
    try {
      return await work(() => {
        failures = 0;
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RetryableError) || !isPassing(error)) throw error;
      failures += 1;
      options.onFailure?.(error, failures);
      if (failures >= tries) throw error;
      await clock.sleep(Math.max(error.retryAfterMs ?? 0, backoffMs(failures - 1, waits, random)), signal);
    }
  }
}
