/**
 * The one source of time and order of a simulation. Tasks run one after the other in the order of their due times; tasks that fall due at the
 * same instant run in an order that the seed decides. After each task every promise chain that waits for nothing but promises runs to its end
 * before the next task starts, so one seed always gives one order of events.
 */
export interface VirtualTime {
  /** True simulated time, epoch ms. */
  now(): number;
  /** Runs `task` at `due` (at once when that is past); the returned function cancels it. */
  at(due: number, task: () => void): () => void;
  /** Runs all tasks that fall due by `end`, then stands at `end`. */
  runUntil(end: number): Promise<void>;
  /** Tasks that ran. */
  readonly tasks: number;
}

interface Task {
  readonly due: number;
  /** Decides the order of tasks with the same due time. */
  readonly tie: number;
  run: (() => void) | null;
}

/** Virtual time that starts at `start`; `random` breaks ties. */
export function createVirtualTime(start: number, random: () => number): VirtualTime {
  const heap: Task[] = [];
  let now = start;
  let tasks = 0;

  const isBefore = (one: Task, other: Task) =>
    one.due < other.due || (one.due === other.due && one.tie < other.tie);

  function push(task: Task): void {
    let place = heap.push(task) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(task, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = task;
  }

  function pop(): Task {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }

  return {
    now: () => now,
    at(due, run) {
      const task: Task = { due: Math.max(now, due), tie: random(), run };
      push(task);
      return () => {
        task.run = null;
      };
    },
    async runUntil(end) {
      await settle();
      while (heap.length > 0 && heap[0]!.due <= end) {
        const task = pop();
        if (task.run === null) continue;
        now = task.due;
        tasks += 1;
        task.run();
        await settle();
      }
      now = end;
    },
    get tasks() {
      return tasks;
    },
  };
}

/** One turn of the event loop: microtasks, however long their chain, run to their end before it. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
