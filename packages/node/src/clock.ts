import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { Clock, ClockSetting, YieldToHost } from '@candlelake/core';

/** The process clock, or the simulated one: `simulated + speed * (now - real)`. */
export function createClock(setting: ClockSetting | null): Clock {
  if (setting === null) return { now: Date.now, monotonic: () => performance.now(), sleep: sleepReal };
  const { real, simulated, speed } = setting;
  return {
    now: () => Math.floor(simulated + speed * (Date.now() - real)),
    monotonic: () => speed * performance.now(),
    sleep: (ms, signal) => sleepReal(ms / speed, signal),
  };
}

/** Lets the event loop run: signals, sockets and timers. */
export const yieldToHost: YieldToHost = () => setImmediate();

/** Node's timers hold 31 bits of milliseconds; a longer wait is a chain of timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

async function sleepReal(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; ; left -= LONGEST_TIMER_MS) {
    signal?.throwIfAborted();
    try {
      await wait(Math.max(0, Math.min(left, LONGEST_TIMER_MS)), undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    if (left <= LONGEST_TIMER_MS) return;
  }
}
