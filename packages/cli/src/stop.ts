export interface Stop {
  /** Aborts on the first SIGINT, SIGTERM or SIGHUP, and when the time of `after` is over. */
  readonly signal: AbortSignal;
  /** Stops by itself after this much real time. */
  after(ms: number): void;
  /** Aborts when a stop leaves no more time to bring the lake up to date; never while nobody asked to stop. */
  flushLimit(): AbortSignal;
  dispose(): void;
}

export interface StopOptions {
  /** Hears once that the program is on its way out, and why: the name of a signal or `--for`. */
  readonly onStop: (reason: string) => void;
  /** Ends the process at once. `isLate` when the grace is over, else the user asked a second time. */
  readonly exit: (isLate: boolean) => void;
}

/** npm passes on a signal that its process group got already: one keystroke arrives twice. */
const SAME_SIGNAL_MS = 1_000;
/** Five seconds are promised from the stop to the end of the process. */
const GRACE_MS = 4_500;
/** The lake gets most of it; the rest is for closing the store. */
const FLUSH_MS = 3_500;
/** What a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The lake could not be brought up to date in the time that a stop leaves; its marks stay for the next start. */
export class FlushTimeoutError extends Error {
  override readonly name = 'FlushTimeoutError';
}

/** Turns signals into an AbortSignal. Once stopped the process ends within its grace, whatever hangs: what is stored stays, and the next start derives the rest. */
export function watchStop({ onStop, exit }: StopOptions): Stop {
  const stop = new AbortController();
  const flush = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let stoppedAt: number | null = null;

  function begin(reason: string): void {
    if (stoppedAt !== null) return;
    stoppedAt = Date.now();
    timers.push(setTimeout(() => exit(true), GRACE_MS));
    timers.push(setTimeout(() => flush.abort(new FlushTimeoutError('no time left for the lake')), FLUSH_MS));
    onStop(reason);
    stop.abort(new Error(`stopped by ${reason}`));
  }

  function onSignal(name: NodeJS.Signals): void {
    if (stoppedAt !== null && Date.now() - stoppedAt >= SAME_SIGNAL_MS) exit(false);
    begin(name);
  }

  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stop.signal,
    after(ms) {
      timers.push(setTimeout(() => begin('--for'), Math.min(ms, LONGEST_TIMER_MS)));
    },
    flushLimit: () => flush.signal,
    dispose() {
      for (const name of SIGNALS) process.off(name, onSignal);
      timers.forEach(clearTimeout);
    },
  };
}
