import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@candlelake/core';

/** The longest delay of a Node timer; with a longer one it fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = createScaledClock(0, 0, 1);

/**
 * The clock that CANDLELAKE_CLOCK describes, `<realEpochMs>:<simulatedEpochMs>:<speed>`, or the system clock
 * for an empty text. Throws on any other text.
 */
export function parseClock(text: string | undefined): Clock {
  if (!text) return systemClock;
  const parts = text.split(':');
  const [real = Number.NaN, simulated = Number.NaN, speed = Number.NaN] = parts.map(Number);
  if (parts.length !== 3 || !Number.isFinite(real + simulated) || !(speed > 0 && speed < Infinity)) {
    throw new Error(`CANDLELAKE_CLOCK "${text}" is not <realEpochMs>:<simulatedEpochMs>:<speed>`);
  }
  return createScaledClock(real, simulated, speed);
}

function createScaledClock(real: number, simulated: number, speed: number): Clock {
  const now = () => Math.floor(simulated + speed * (Date.now() - real));
  return {
    now,
    monotonic: () => speed * performance.now(),
    async sleep(ms, signal) {
      const end = now() + ms;
      for (let rest = ms; rest > 0; rest = end - now()) {
        const wait = Math.min(Math.ceil(rest / speed), LONGEST_TIMER_MS);
        await delay(wait, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
      }
    },
  };
}
