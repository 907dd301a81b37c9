import { RetryableError } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { retryWaitMs } from '../../../packages/core/src/waiting/retry.ts';

const failed = new RetryableError('no answer');

describe('retryWaitMs', () => {
  it.each([
    [1, 0, 1_000],
    [1, 1, 2_000],
    [3, 1, 8_000],
    [6, 1, 60_000],
    [500, 1, 60_000],
  ])(
    'after failure %i with chance %d is %i ms: doubling from two seconds, one at least, a minute at most',
    (failures, chance, expected) => {
      expect(retryWaitMs(failures, failed, () => chance)).toBe(expected);
    },
  );

  it('is never shorter than the exchange asked for', () => {
    const limited = new RetryableError('rate limit', { retryAfterMs: 300_000 });
    expect(retryWaitMs(1, limited, () => 0)).toBe(300_000);
  });
});
