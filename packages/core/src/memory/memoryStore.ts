import type { EpochMs } from '../domain/time/time.ts';
import type { CandleStore, DerivationStore, PaceStore } from '../ports.ts';
import { createMemoryCandles } from './memoryCandles.ts';
import { createMemoryDerivation } from './memoryDerivation.ts';
import { createMemoryPace } from './memoryPace.ts';
import { createMemoryState } from './memoryState.ts';

/**
 * The store of candles, derivation and pace in memory, for tests and simulations. `now` is the process clock.
 */
export function createMemoryStore({
  now,
}: {
  readonly now: () => EpochMs;
}): CandleStore & DerivationStore & PaceStore {
  const state = createMemoryState();
  return { ...createMemoryCandles(state, now), ...createMemoryDerivation(state), ...createMemoryPace(now) };
}
