import { NO_PACE, orderPause, type PaceState, reservePlace } from '../domain/pace.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { PaceStore } from '../ports.ts';

/** The pace of requests in memory. `clock` is the process clock. */
export function createMemoryPace(clock: () => EpochMs): PaceStore {
  let state: PaceState = NO_PACE;
  return {
    async reserve(now, limits) {
      const reserved = reservePlace(state, now, limits);
      state = reserved.state;
      return reserved.waitMs;
    },
    async pause(until) {
      state = { ...state, pause: orderPause(state.pause, clock(), until) };
    },
  };
}
