/** What a run needs to know of its stop. */
export interface StopSignals {
  /** Aborts when the stop begins. */
  readonly signal: AbortSignal;
  /** Aborts when a stop leaves no more time to derive the lake; before a stop it never aborts. */
  flushLimit(): AbortSignal;
}

/** Stops on the first SIGINT, SIGTERM or SIGHUP, or when the time of {@link after} is over. */
export interface Stop extends StopSignals {
  /** Stops after this much real time. */
  after(ms: number): void;
  /** Removes the signal handlers and timers. */
  dispose(): void;
}

/** A stop that the program itself begins. */
export interface OwnStop extends StopSignals {
  /** Begins the stop; a later call changes nothing. */
  begin(reason: string): void;
  /** Removes the timer. */
  dispose(): void;
}

export interface StopOptions {
  /** Called once, when the stop begins, with its reason: the name of a signal or `--for`. */
  readonly onStop: (reason: string) => void;
  /**
   * Ends the process at once. `isLate` when the stop took too long, false when the user sent a second signal.
   */
  readonly exit: (isLate: boolean) => void;
}

/** npm forwards a signal that its process group has received already, so one keystroke arrives twice. */
const SAME_SIGNAL_MS = 1_000;
/** The process must end within 5 s of the signal; half a second is left for the exit itself. */
const STOP_LIMIT_MS = 4_500;
/** The share of it for deriving the lake; the rest is for closing the store. */
const FLUSH_MS = 3_500;
/** The longest timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A stop left no time to derive the lake. Its days stay marked for the next start. */
export class FlushTimeoutError extends Error {
  override readonly name = 'FlushTimeoutError';
}

/** A stop that begins when it is told to. */
export function createStop(): OwnStop {
  const stop = new AbortController();
  const flush = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: stop.signal,
    flushLimit: () => flush.signal,
    begin(reason) {
      if (stop.signal.aborted) return;
      timer = setTimeout(() => flush.abort(new FlushTimeoutError('no time left for the lake')), FLUSH_MS);
      stop.abort(new Error(`stopped by ${reason}`));
    },
    dispose: () => clearTimeout(timer),
  };
}

/**
 * Turns signals into an AbortSignal. After a stop the process ends within its time limit, even when a task
 * hangs: stored candles are safe, and the next start derives the rest.
 */
export function watchStop({ onStop, exit }: StopOptions): Stop {
  const stop = createStop();
  const timers: NodeJS.Timeout[] = [];
  let stoppedAt: number | null = null;

  function begin(reason: string): void {
    if (stoppedAt !== null) return;
    stoppedAt = Date.now();
    timers.push(setTimeout(() => exit(true), STOP_LIMIT_MS));
    onStop(reason);
    stop.begin(reason);
  }

  /** Chains timers, because one alone can't wait longer than {@link MAX_TIMER_MS}. */
  function stopAfter(ms: number): void {
    const waitMs = Math.min(ms, MAX_TIMER_MS);
    const go = () => (ms > waitMs ? stopAfter(ms - waitMs) : begin('--for'));
    timers.push(setTimeout(go, waitMs));
  }

  function onSignal(name: NodeJS.Signals): void {
    if (stoppedAt !== null && Date.now() - stoppedAt >= SAME_SIGNAL_MS) exit(false);
    begin(name);
  }

  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stop.signal,
    after(ms) {
      stopAfter(ms);
    },
    flushLimit: stop.flushLimit,
    dispose() {
      for (const name of SIGNALS) process.off(name, onSignal);
      timers.forEach(clearTimeout);
      stop.dispose();
    },
  };
}
