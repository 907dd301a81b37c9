import type { ReportedEvent } from '@candlelake/core';

/** Kinds of events that prove that the exchange answers. */
const PROOFS_OF_ANSWER: ReadonlySet<string> = new Set([
  'connected',
  'reachable',
  'repaired',
  'backfill-progress',
  'backfill-done',
  'clock',
]);

/** Time between two lines about failed history requests, in real ms. */
const REPEAT_MS = 60_000;

/**
 * Keeps an outage to a few lines: further failures to connect, and failures of history within a minute of the
 * last line, go to the debug level until the exchange answers. Before its first answer only `unreachable` is
 * shown. `now` is real time.
 */
export function createOutageFilter(now: () => number): (event: ReportedEvent) => ReportedEvent {
  let hasAnswered = false;
  let isDisconnected = false;
  let failureShownAt = Number.NEGATIVE_INFINITY;

  function isRepeat(event: ReportedEvent): boolean {
    if (event.kind === 'disconnected') {
      const repeats = isDisconnected || !hasAnswered;
      isDisconnected ||= hasAnswered;
      return repeats;
    }
    if (event.kind !== 'history-failed') return false;
    if (!hasAnswered || now() - failureShownAt < REPEAT_MS) return true;
    failureShownAt = now();
    return false;
  }

  return (event) => {
    if (PROOFS_OF_ANSWER.has(event.kind)) hasAnswered = true;
    if (event.kind === 'connected') isDisconnected = false;
    return isRepeat(event) ? { ...event, level: 'debug' } : event;
  };
}
