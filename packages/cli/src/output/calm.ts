import type { ReportedEvent } from '@candlelake/core';

/** Kinds that say that the exchange was there. */
const SIGNS_OF_LIFE: ReadonlySet<string> = new Set([
  'connected',
  'reachable',
  'repaired',
  'backfill-progress',
  'backfill-done',
  'clock',
]);

/** Between two lines about the same trouble, in real ms. */
const REPEAT_MS = 60_000;

/**
 * Keeps an outage from filling the screen: a link that can't be opened again, and history that fails again, go to the debug level until the exchange
 * shows life. Before it ever did, `unreachable` alone tells of it. `now` is real time.
 */
export function createCalm(now: () => number): (event: ReportedEvent) => ReportedEvent {
  let hasLived = false;
  let linkIsDown = false;
  let failureSaidAt = Number.NEGATIVE_INFINITY;

  function isRepeat(event: ReportedEvent): boolean {
    if (event.kind === 'disconnected') {
      const repeats = linkIsDown || !hasLived;
      linkIsDown ||= hasLived;
      return repeats;
    }
    if (event.kind !== 'history-failed') return false;
    if (!hasLived || now() - failureSaidAt < REPEAT_MS) return true;
    failureSaidAt = now();
    return false;
  }

  return (event) => {
    if (SIGNS_OF_LIFE.has(event.kind)) hasLived = true;
    if (event.kind === 'connected') linkIsDown = false;
    return isRepeat(event) ? { ...event, level: 'debug' } : event;
  };
}
