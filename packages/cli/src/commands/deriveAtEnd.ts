import type { LakeThread } from '../adapters/lakeThread.ts';
import { startLake } from '../wire.ts';
import { resultUnlessStopped, threadFailure } from './stopHandling.ts';
import type { StoreSession } from './withStore.ts';

/** The derivation at the end of a command. */
export interface FinalDerivation {
  /** Starts the thread, which then loads its modules and the encoder beside the command's own work. */
  prepare(): void;
  /** Derives the lake; false when a stop left no time for it. */
  derive(): Promise<boolean>;
  /** Ends the thread. */
  stop(): Promise<void>;
}

export function createFinalDerivation({ settings, stop, display }: StoreSession): FinalDerivation {
  const { report, onLake: onStatus } = display;
  let started: LakeThread | null = null;

  function lake(): LakeThread {
    started ??= startLake({
      ...{ settings, report, onStatus, onBars: () => {} },
      barsFrom: Number.POSITIVE_INFINITY,
      onlyFlushes: true,
    });
    return started;
  }

  return {
    prepare: () => void lake(),
    async derive() {
      const thread = lake();
      const derived = Promise.race([thread.flush(stop.flushLimit()).then(() => true), threadFailure(thread)]);
      return (await resultUnlessStopped(derived, stop.signal, report)) ?? false;
    },
    stop: async () => started?.stop(),
  };
}
