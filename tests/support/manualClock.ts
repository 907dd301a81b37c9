import type { Clock } from '../../packages/core/src/ports.ts';

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /**
   * Moves the clock by `ms`. Sleepers that fall due on the way wake in the order of their due times (ties: in
   * the order they fell asleep), each at its own due time, and what hangs on one of them settles before the
   * next one wakes.
   */
  advance(ms: number): Promise<void>;
  /** Lets promise chains run to their end without moving the clock. */
  settle(): Promise<void>;
  /** How many sleep right now. */
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

  /** A Set iterates in insertion order, so the first of equal due times is the one that fell asleep first. */
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

  return { now: () => now, sleep, advance, settle, sleeping: () => sleepers.size };
}

/**
 * Rounds through the event loop: every chain of promises that waits for nothing but promises has settled by
 * then.
 */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
