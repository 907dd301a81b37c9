import type { Needs } from '../domain/slots/needs.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { RequestPriority } from '../ports.ts';

/** How often history was asked for a slot in vain, and when it is asked again. */
interface Retry {
  readonly times: number;
  readonly askAt: EpochMs;
}

/** The slots of a scope that history was asked for and did not settle, by open time. */
export type StuckSlots = ReadonlyMap<EpochMs, Retry>;

export const NO_STUCK_SLOTS: StuckSlots = new Map();

/**
 * How long a slot waits after each request that did not settle it. The first waits are those of a slow
 * replica, which showed its newest rows within minutes (docs/bingx.md, "REST candles"). Half an hour is the
 * longest: a symbol that never settles costs two requests an hour, so that the pace of 50 a minute serves all
 * 1,269 listed contracts even if most of them are closed.
 */
const PAUSES_MS = [
  15 * SECOND_MS,
  30 * SECOND_MS,
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE_MS),
];
const LONGEST_PAUSE_MS = PAUSES_MS.at(-1)!;
/**
 * How long the slots of a closed market wait. History before the live slots waits for the next candle, after
 * which it is asked for at once; the pause is only for the case that nothing else looks.
 */
const CLOSED_PAUSES_MS = { live: LONGEST_PAUSE_MS, background: 6 * HOUR_MS } as const;

export interface StuckOptions {
  /** When the pass ended. */
  readonly now: EpochMs;
  /** The slots that the pass asked for. */
  readonly asked: ReadonlySet<EpochMs>;
  readonly isClosed: boolean;
  readonly priority: RequestPriority;
}

/** The slots that are stuck after a pass, which left `needs`. */
export function stuckAfterPass(
  before: StuckSlots,
  { ask }: Pick<Needs, 'ask'>,
  { now, asked, isClosed, priority }: StuckOptions,
): StuckSlots {
  const retries = PAUSES_MS.map((pauseMs, index) => ({
    times: index + 1,
    askAt: now + (isClosed ? CLOSED_PAUSES_MS[priority] : pauseMs),
  }));
  const after = new Map<EpochMs, Retry>();
  for (const slot of ask) {
    const known = before.get(slot);
    const isDue = known === undefined || isClosed || known.askAt <= now;
    const times = (known?.times ?? 0) + (asked.has(slot) ? 1 : 0);
    const next = retries[Math.min(Math.max(times, 1), retries.length) - 1]!;
    after.set(slot, isDue ? next : known);
  }
  return after;
}

/** Whether a slot is worth a request of its own: it was never asked for in vain, or its pause is over. */
export function isWorthAsking(stuck: StuckSlots, slot: EpochMs, now: EpochMs): boolean {
  return (stuck.get(slot)?.askAt ?? now) <= now;
}

/** When the first of the stuck slots is asked for again; null without one. */
export function nextAskAt(stuck: StuckSlots): EpochMs | null {
  let next: EpochMs | null = null;
  for (const { askAt } of stuck.values()) next = Math.min(next ?? askAt, askAt);
  return next;
}
