/**
 * The one source of time and order of a simulation. Tasks run one after the other in the order of their due
 * times; tasks that fall due at the same instant run in an order that the seed decides. After each task all
 * chains of promises run to their end before the next one starts, so one seed always gives one order.
 */
export interface VirtualTime {
  /** True simulated time, epoch ms. */
  now(): number;
  /** Runs `task` at `due` (at once when that is past); the returned function cancels it. */
  at(due: number, task: () => void): () => void;
  /** As `at`, after all other tasks of that instant, and without drawing a number: it changes nothing else. */
  observe(due: number, task: () => void): () => void;
  /** Time stands still until this real work has ended. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Runs all tasks that fall due by `end`, then stands at `end`. */
  runUntil(end: number): Promise<void>;
  /** Tasks that ran. */
  readonly tasks: number;
}

/** Of one call of `runUntil`; a week with six symbols has a tenth of it. */
const MOST_TASKS = 20_000_000;

/** Drawn ties are below it. */
const LAST_TIE = 1;

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
  let held = 0;
  let released = () => {};

  const nextImmediate = createImmediates();

  /** Chains of promises, however long, run to their end before an immediate. */
  async function settle(): Promise<void> {
    for (;;) {
      await new Promise<void>(nextImmediate);
      if (held === 0) return;
      await new Promise<void>((resolve) => {
        released = resolve;
      });
    }
  }

  function add(due: number, tie: number, run: () => void): () => void {
    const task: Task = { due: Math.max(now, due), tie, run };
    push(heap, task);
    return () => {
      task.run = null;
    };
  }

  return {
    now: () => now,
    at: (due, task) => add(due, random(), task),
    observe: (due, task) => add(due, LAST_TIE, task),
    async hold(work) {
      held += 1;
      try {
        return await work;
      } finally {
        held -= 1;
        if (held === 0) released();
      }
    },
    async runUntil(end) {
      const most = tasks + MOST_TASKS;
      await settle();
      while (heap.length > 0 && heap[0]!.due <= end) {
        const task = pop(heap);
        if (task.run === null) continue;
        now = task.due;
        tasks += 1;
        if (tasks > most) throw new Error(`more than ${MOST_TASKS} events: a loop without end?`);
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

/** A turn of the event loop runs all immediates that were queued before it, and costs more than most tasks. */
const IMMEDIATES_OF_TURN = 32;

/** Returns a function that runs a callback in the next immediate; one waits at a time. */
function createImmediates(): (callback: () => void) => void {
  let queued = 0;
  let waiting: (() => void) | null = null;
  const run = () => {
    queued -= 1;
    const callback = waiting;
    waiting = null;
    callback?.();
  };
  return (callback) => {
    waiting = callback;
    if (queued > 0) return;
    queued = IMMEDIATES_OF_TURN;
    for (let count = 0; count < IMMEDIATES_OF_TURN; count++) setImmediate(run);
  };
}

function isBefore(one: Task, other: Task): boolean {
  return one.due < other.due || (one.due === other.due && one.tie < other.tie);
}

/** Adds a task to a binary heap. */
function push(heap: Task[], task: Task): void {
  let place = heap.push(task) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(task, heap[parent]!)) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = task;
}

/** Takes the first task of a heap that is not empty. */
function pop(heap: Task[]): Task {
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
