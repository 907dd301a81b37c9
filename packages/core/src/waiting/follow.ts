/** A controller that aborts with a signal. */
export interface Follower {
  readonly controller: AbortController;
  /** Ends the following; has to be called, or the signal keeps the controller. */
  release(): void;
}

/**
 * Follows a signal by a listener. A composite signal for each short wait would leave a weak reference at a
 * signal that lives as long as the program.
 */
export function followSignal(signal: AbortSignal): Follower {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return { controller, release: () => signal.removeEventListener('abort', abort) };
}
