import type { Clock } from '../../packages/core/src/ports.ts';

/** A clock that a test advances. */
export interface ManualClock extends Clock {
  /**
   * Advances the clock by `ms`. Sleeps that end on the way end in the order of their times (equal times in
   * the order of their starts), each at its own time. The promises that depend on one settle before the next
   * one ends.
   */
  advance(ms: number): Promise<void>;
  /** Resolves when all promise chains have settled; the clock stays. */
  settle(): Promise<void>;
  /** Number of sleeps under way. */
  sleeping(): number;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A manual clock that starts at `start` (epoch ms). */
export function createManualClock(start: number): ManualClock {
  let now = start;
  const sleepers = new Set<Sleeper>();

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: now + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', abort);
          sleepers.delete(sleeper);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      sleepers.add(sleeper);
    });

  /** A Set iterates in insertion order, so of equal due times the sleep that began first is found. */
  const nextDue = (until: number): Sleeper | null => {
    let next: Sleeper | null = null;
    for (const sleeper of sleepers) {
      if (sleeper.due <= until && (next === null || sleeper.due < next.due)) next = sleeper;
    }
    return next;
  };

  const advance = async (ms: number): Promise<void> => {
    const until = now + ms;
    await settle();
    for (let next = nextDue(until); next; next = nextDue(until)) {
      now = next.due;
      next.wake();
      await settle();
    }
    now = until;
    await settle();
  };

  return { now: () => now, monotonic: () => now, sleep, advance, settle, sleeping: () => sleepers.size };
}

/** Turns of the event loop, after which every chain of promises alone has settled. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
