import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, EpochMs } from '@candlelake/core';

/** A thing to do at an instant. */
export interface Appointment {
  readonly time: EpochMs;
  cancelled: boolean;
}

export interface Schedule {
  /** Runs `run` with `time` as soon as the clock has reached it. In order of time; of equal times, in order of asking. */
  at(time: EpochMs, run: (time: EpochMs) => void): Appointment;
  /** How long ago the most overdue appointment was due, in ms of the clock; 0 while it keeps up. */
  lagMs(): number;
  close(): void;
}

interface Entry extends Appointment {
  readonly order: number;
  readonly run: (time: EpochMs) => void;
}

/** After so many appointments in a row the event loop gets a turn, or a request would wait for a whole backlog. */
const BATCH = 500;

/** One queue and one sleep for everything that the stand-in does later, so that 300 symbols do not hold 300 timers. */
export function createSchedule(clock: Clock): Schedule {
  const heap: Entry[] = [];
  let order = 0;
  let sleeper: AbortController | null = null;
  let closed = false;

  async function wait(ms: number): Promise<void> {
    sleeper = new AbortController();
    try {
      await clock.sleep(ms, sleeper.signal);
    } catch (error) {
      if (!sleeper.signal.aborted) throw error;
    } finally {
      sleeper = null;
    }
  }

  async function work(): Promise<void> {
    while (!closed && heap.length > 0) {
      const rest = heap[0]!.time - clock.now();
      if (rest > 0) {
        await wait(rest);
        continue;
      }
      for (let i = 0; i < BATCH && !closed && heap.length > 0 && heap[0]!.time <= clock.now(); i += 1) {
        const entry = takeFirst(heap);
        if (!entry.cancelled) entry.run(entry.time);
      }
      await nextTurn();
    }
    working = false;
  }

  let working = false;
  return {
    at(time, run) {
      const entry: Entry = { time, run, order, cancelled: false };
      order += 1;
      insert(heap, entry);
      if (heap[0] === entry) sleeper?.abort();
      if (!working && !closed) {
        working = true;
        void work();
      }
      return entry;
    },
    lagMs: () => (heap.length > 0 ? Math.max(0, clock.now() - heap[0]!.time) : 0),
    close() {
      closed = true;
      heap.length = 0;
      sleeper?.abort();
    },
  };
}

function before(one: Entry, other: Entry): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}

function insert(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
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
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, entry)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = entry;
  return first;
}
