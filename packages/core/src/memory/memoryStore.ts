import type { EpochMs } from '../domain/time/time.ts';
import type { CandleStore, DerivationStore, NoticeStore, PaceStore } from '../ports.ts';
import { createMemoryCandles } from './memoryCandles.ts';
import { createMemoryDerivation } from './memoryDerivation.ts';
import { createMemoryNotices } from './memoryNotices.ts';
import { createMemoryPace } from './memoryPace.ts';
import { createMemoryState } from './memoryState.ts';

/**
 * The store of candles, derivation, notices and pace in memory, for tests and simulations. `now` is the
 * process clock.
 */
export function createMemoryStore({
  now,
}: {
  readonly now: () => EpochMs;
}): CandleStore & DerivationStore & NoticeStore & PaceStore {
  const state = createMemoryState();
  return {
    ...createMemoryCandles(state, now),
    ...createMemoryDerivation(state),
    ...createMemoryNotices(state),
    ...createMemoryPace(),
  };
}
