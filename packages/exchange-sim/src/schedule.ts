import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, EpochMs } from '@candlelake/core';

/** Work that runs at an instant, unless it is cancelled before. */
export interface ScheduledTask {
  readonly time: EpochMs;
  cancelled: boolean;
}

export interface Schedule {
  /**
   * Calls `run(time)` as soon as the clock reaches `time`: in order of time, equal times in the order of
   * scheduling.
   */
  at(time: EpochMs, run: (time: EpochMs) => void): ScheduledTask;
  /** How long ago the most overdue task was due, in ms of the clock; 0 when none is overdue. */
  lagMs(): number;
  close(): void;
}

interface Entry extends ScheduledTask {
  readonly order: number;
  readonly run: (time: EpochMs) => void;
}

/**
 * Tasks in a row before other work of the event loop runs; a request would wait for a whole backlog
 * otherwise.
 */
const BATCH = 500;

/** One queue with one timer for all scheduled work: 300 symbols do not need 300 timers. */
export function createSchedule(clock: Clock): Schedule {
  const heap: Entry[] = [];
  let order = 0;
  let sleep: AbortController | null = null;
  let closed = false;
  let isRunning = false;

  async function wait(ms: number): Promise<void> {
    sleep = new AbortController();
    try {
      await clock.sleep(ms, sleep.signal);
    } catch (error) {
      if (!sleep.signal.aborted) throw error;
    } finally {
      sleep = null;
    }
  }

  async function runTasks(): Promise<void> {
    while (!closed && heap.length > 0) {
      const waitMs = heap[0]!.time - clock.now();
      if (waitMs > 0) {
        await wait(waitMs);
        continue;
      }
      for (let i = 0; i < BATCH && !closed && heap.length > 0 && heap[0]!.time <= clock.now(); i += 1) {
        const entry = takeFirst(heap);
        if (!entry.cancelled) entry.run(entry.time);
      }
      await nextTurn();
    }
    isRunning = false;
  }

  return {
    at(time, run) {
      const entry: Entry = { time, run, order, cancelled: false };
      order += 1;
      insert(heap, entry);
      if (heap[0] === entry) sleep?.abort();
      if (!isRunning && !closed) {
        isRunning = true;
        void runTasks();
      }
      return entry;
    },
    lagMs: () => (heap.length > 0 ? Math.max(0, clock.now() - heap[0]!.time) : 0),
    close() {
      closed = true;
      heap.length = 0;
      sleep?.abort();
    },
  };
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}

function insert(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function takeFirst(heap: Entry[]): Entry {
  const first = heap[0]!;
  const entry = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, entry)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = entry;
  return first;
}
