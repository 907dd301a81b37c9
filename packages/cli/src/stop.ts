/** Why a command ends before its work does. */
export type StopReason = 'signal' | 'time';

export interface Stop {
  /** Aborts on the first SIGINT, SIGTERM or SIGHUP, and when `after` is over. */
  readonly signal: AbortSignal;
  /** Stops by itself after this much real time. */
  after(ms: number): void;
  /** A signal for what still has to be done once stopped: aborts when the host can wait no longer. */
  flushLimit(): AbortSignal;
  dispose(): void;
}

export interface StopOptions {
  /** Ends the process at once with this exit code. */
  readonly exit: (code: number) => void;
  /** Hears once that the program is on its way out. */
  readonly onStop: (reason: StopReason, signalName: string) => void;
  /** Real time from the stop to the end of the process. */
  readonly graceMs?: number;
}

/** npm passes on a signal that its process group got already: one keystroke arrives twice. */
const SAME_SIGNAL_MS = 1_000;
/** Five seconds are promised; what is left of them is for closing the store. */
const GRACE_MS = 4_500;
const FLUSH_MS = 3_500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns signals into an AbortSignal. The process ends within its grace whatever hangs; nothing stored is lost, and the next start derives what is left. */
export function watchStop({ exit, onStop, graceMs = GRACE_MS }: StopOptions): Stop {
  const stop = new AbortController();
  let stoppedAt: number | null = null;
  let timer: NodeJS.Timeout | null = null;
  let deadline: NodeJS.Timeout | null = null;

  function begin(reason: StopReason, signalName: string): void {
    if (stoppedAt !== null) return;
    stoppedAt = Date.now();
    deadline = setTimeout(() => exit(0), graceMs);
    onStop(reason, signalName);
    stop.abort(new Error(`stopped by ${signalName}`));
  }

  function onSignal(name: NodeJS.Signals): void {
    if (stoppedAt !== null && Date.now() - stoppedAt >= SAME_SIGNAL_MS) exit(1);
    begin('signal', name);
  }

  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stop.signal,
    after(ms) {
      timer = setTimeout(() => begin('time', '--for'), ms);
    },
    flushLimit: () => AbortSignal.timeout(FLUSH_MS),
    dispose() {
      for (const name of SIGNALS) process.off(name, onSignal);
      if (timer) clearTimeout(timer);
      if (deadline) clearTimeout(deadline);
    },
  };
}
