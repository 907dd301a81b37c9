import type { Clock } from '@candlelake/core';
import type { VirtualTime } from '../virtualTime.ts';

/** The machine's wall clock: true time plus an error that may step. */
export interface WallClock {
  /** ms that the wall clock is ahead of true time. */
  errorMs: number;
}

/** The clock of one process. A killed process never wakes again; a stopped one wakes when it continues. */
export interface ProcessClock extends Clock {
  kill(): void;
  /** Nothing of the process runs until {@link resume}, as under SIGSTOP. */
  suspend(): void;
  resume(): void;
  isSuspended(): boolean;
  /** Runs `task` at a true time unless the process is dead by then; held back while it is suspended. */
  deliver(due: number, task: () => void): void;
}

interface Sleepers {
  readonly aborts: Set<() => void>;
  /** Removes the listener. */
  end(): void;
}

/** Signals without a sleep that keep their listener, because most of them sleep again. */
const MOST_IDLE = 64;

/** The clock of a process that starts now. Sleeps measure true time, as a monotonic clock does. */
export function createProcessClock(time: VirtualTime, wall: WallClock): ProcessClock {
  let isDead = false;
  let isSuspended = false;
  let held: (() => void)[] = [];
  const idle = new Set<Sleepers>();
  const sleepersBySignal = new WeakMap<AbortSignal, Sleepers>();

  /** What a signal ends. One listener for all sleeps: adding and removing one costs more than a sleep. */
  function sleepersOf(signal: AbortSignal): Sleepers {
    const known = sleepersBySignal.get(signal);
    if (known) return known;
    const aborts = new Set<() => void>();
    const abortAll = () => {
      for (const abort of [...aborts]) abort();
    };
    const sleepers: Sleepers = {
      aborts,
      end() {
        signal.removeEventListener('abort', abortAll);
        sleepersBySignal.delete(signal);
      },
    };
    sleepersBySignal.set(signal, sleepers);
    signal.addEventListener('abort', abortAll, { once: true });
    return sleepers;
  }

  /** Node keeps a composite signal for as long as it has a listener: those without a sleep go now and then. */
  function dropIdle(): void {
    for (const one of idle) if (one.aborts.size === 0) one.end();
    idle.clear();
  }

  function awake(sleepers: Sleepers, abort: () => void): void {
    sleepers.aborts.delete(abort);
    if (sleepers.aborts.size > 0) return;
    idle.add(sleepers);
    if (idle.size > MOST_IDLE) dropIdle();
  }

  function whenRunning(task: () => void): void {
    if (isDead) return;
    if (isSuspended) held.push(task);
    else task();
  }

  return {
    now: () => Math.floor(time.now() + wall.errorMs),
    monotonic: () => time.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const sleepers = signal && sleepersOf(signal);
        const abort = () => {
          cancel();
          if (!isDead) reject(signal?.reason);
        };
        const cancel = time.at(time.now() + Math.max(0, ms), () =>
          whenRunning(() => {
            if (sleepers) awake(sleepers, abort);
            resolve();
          }),
        );
        sleepers?.aborts.add(abort);
      }),
    kill() {
      isDead = true;
      held = [];
    },
    suspend() {
      isSuspended = true;
    },
    resume() {
      isSuspended = false;
      const waiting = held;
      held = [];
      for (const task of waiting) task();
    },
    isSuspended: () => isSuspended,
    deliver: (due, task) => void time.at(due, () => whenRunning(task)),
  };
}
