import {
  type Clock,
  createLakeWriter,
  createMemoryObjects,
  deriveMarkedDays,
  INITIAL_LAKE_STATUS,
  type LakeKeeper,
} from '@candlelake/core';
import type { Store } from './limitedWorld.ts';

export interface RareLakeOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Marked days are derived at most this often. */
  readonly everyMs: number;
}

/**
 * A lake whose objects have one byte: what is derived is the coverage in the store, which tells a survey what
 * days it need not read.
 */
export function createRareLake({ store, clock, everyMs }: RareLakeOptions): LakeKeeper {
  const writer = createLakeWriter({
    ...{ candles: store, derivation: store, yieldToHost: async () => {} },
    objects: createMemoryObjects(),
    encode: () => Uint8Array.of(1),
  });
  let dueAt = 0;
  let pass: Promise<unknown> = Promise.resolve();
  const derive = (signal: AbortSignal) => deriveMarkedDays({ derivation: store, writer }, signal);
  return {
    request() {
      if (clock.monotonic() < dueAt) return;
      dueAt = clock.monotonic() + everyMs;
      pass = pass.then(() => derive(new AbortController().signal));
    },
    /** Also throws what a derivation threw before. */
    async flush(signal) {
      await pass;
      await derive(signal);
    },
    status: () => INITIAL_LAKE_STATUS,
  };
}
