import { backoffMs } from '../domain/backoff.ts';
import { SECOND_MS } from '../domain/time/time.ts';
import type { RetryableError } from '../errors.ts';
import type { Random } from '../ports.ts';

const LIMITS = { floorMs: SECOND_MS, baseMs: 2 * SECOND_MS, capMs: 60 * SECOND_MS };

/** How long to leave an exchange alone that has failed so many times in a row (from 1), in ms: never shorter than it asked for. */
export function retryWaitMs(failures: number, error: RetryableError, random: Random): number {
  return Math.max(error.retryAfterMs ?? 0, backoffMs(failures - 1, LIMITS, random));
}
