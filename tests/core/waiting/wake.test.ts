import { getEventListeners } from 'node:events';
import { createWake } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '../../support/manualClock.ts';

describe('a sleep that can be cut short', () => {
  function sleeping() {
    const clock = createManualClock(0);
    const stop = new AbortController();
    const wake = createWake(clock);
    return { clock, stop, wake, sleep: () => wake.sleep(1_000, stop.signal) };
  }

  test('ends with its time, or with a wake during or before it', async () => {
    const { clock, wake, sleep } = sleeping();
    const whole = sleep();
    await clock.advance(1_000);
    expect(await whole).toBe(false);
    const cut = sleep();
    wake.wake();
    expect(await cut).toBe(true);
    wake.wake();
    expect(await sleep()).toBe(true);
    const after = sleep();
    await clock.advance(1_000);
    expect(await after).toBe(false);
  });

  test('rejects with the reason of the signal', async () => {
    const { stop, sleep } = sleeping();
    const slept = expect(sleep()).rejects.toThrow('stopped');
    stop.abort(new Error('stopped'));
    await slept;
    await expect(sleep()).rejects.toThrow('stopped');
  });

  test('leaves nothing at the signal, which lives as long as the program', async () => {
    const { clock, stop, wake, sleep } = sleeping();
    for (let round = 0; round < 10; round++) {
      const slept = sleep();
      if (round % 2 === 0) wake.wake();
      else await clock.advance(1_000);
      await slept;
    }
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    // Composite signals that follow it are held by weak references in a set of this kind.
    const sets = Object.getOwnPropertySymbols(stop.signal).filter((name) =>
      String(name).includes('ependant'),
    );
    for (const name of sets) {
      expect([...((stop.signal as unknown as Record<symbol, Iterable<unknown>>)[name] ?? [])]).toEqual([]);
    }
  });
});
