import { BadDataError, type ReportedEvent, RetryableError, retry } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../support/manualClock.ts';

const SECOND = 1000;
const failed = new RetryableError('no answer');

/** A clock that only notes how long it was slept on. */
function notingClock() {
  const waits: number[] = [];
  return { waits, clock: { sleep: async (ms: number) => void waits.push(ms) } };
}

/** Work that fails so many times, then succeeds. */
function flaky(failures: number, error: Error = failed) {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= failures) throw error;
    return calls;
  };
}

describe('retry', () => {
  it.each([
    [0, [1, 1, 1, 1, 1, 1, 1]],
    [1, [2, 4, 8, 16, 32, 60, 60]],
    [0.5, [1.5, 2.5, 4.5, 8.5, 16.5, 30.5, 30.5]],
  ])(
    'waits longer after each failure, a second at least and a minute at most, with chance %d',
    async (chance, seconds) => {
      const { clock, waits } = notingClock();
      expect(await retry(flaky(7), { clock, random: () => chance })).toBe(8);
      expect(waits).toEqual(seconds.map((wait) => wait * SECOND));
    },
  );

  it('waits at least as long as the error asks for', async () => {
    const { clock, waits } = notingClock();
    await retry(flaky(1, new RetryableError('rate limit', { retryAfterMs: 300_000 })), {
      ...{ clock, random: () => 0 },
    });
    expect(waits).toEqual([300_000]);
  });

  it('counts failures in a row: progress begins anew', async () => {
    const { clock, waits } = notingClock();
    const failures: number[] = [];
    let calls = 0;
    const work = async (onProgress: () => void) => {
      calls += 1;
      if (calls === 3) onProgress();
      if (calls < 5) throw failed;
    };
    const onFailure = (_error: Error, count: number) => failures.push(count);
    await retry(work, { clock, random: () => 1, tries: 3, onFailure });
    expect(failures).toEqual([1, 2, 1, 2]);
    expect(waits).toEqual([2, 4, 2, 4].map((wait) => wait * SECOND));
  });

  it('throws the error of the last try, after telling of it', async () => {
    const { clock, waits } = notingClock();
    const told: ReportedEvent['message'][] = [];
    const options = {
      clock,
      random: () => 0,
      tries: 3,
      onFailure: ({ message }: Error) => told.push(message),
    };
    await expect(retry(flaky(3), options)).rejects.toBe(failed);
    expect(waits).toHaveLength(2);
    expect(told).toHaveLength(3);
  });

  it('throws at once what is not worth another try', async () => {
    const { clock, waits } = notingClock();
    const wrong = new BadDataError('wrong');
    await expect(retry(flaky(1, wrong), { clock, random: () => 0 })).rejects.toBe(wrong);
    expect(waits).toEqual([]);
  });

  it('throws at once a retryable error that is not passing for this caller', async () => {
    const { clock, waits } = notingClock();
    const isPassing = (error: unknown) => error !== failed;
    await expect(retry(flaky(1), { clock, random: () => 0, isPassing })).rejects.toBe(failed);
    expect(waits).toEqual([]);
  });

  it('rejects with the reason of the signal, while it works and while it waits', async () => {
    const clock = createManualClock(0);
    for (const [advanceMs, calls] of [
      [0, 1],
      [1500, 2],
    ] as const) {
      const stop = new AbortController();
      let count = 0;
      const work = async () => {
        count += 1;
        throw failed;
      };
      const result = retry(work, { clock, random: () => 0 }, stop.signal);
      result.catch(() => {});
      await clock.advance(advanceMs);
      stop.abort(new Error('stopped'));
      await expect(result).rejects.toThrow('stopped');
      expect(count).toBe(calls);
    }
    const stopped = new AbortController();
    const work = async () => {
      stopped.abort(new Error('stopped'));
      throw failed;
    };
    await expect(retry(work, { clock, random: () => 0 }, stopped.signal)).rejects.toThrow('stopped');
  });
});
