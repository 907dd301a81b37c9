import { NO_PACE, type PaceState } from '../domain/pace/pace.ts';
import type { PaceStore } from '../ports.ts';

/** The pace of requests in memory. */
export function createMemoryPace(): PaceStore {
  let state: PaceState = NO_PACE;
  return {
    async changePace(step) {
      const change = step(state);
      state = change.state;
      return change.result;
    },
  };
}
