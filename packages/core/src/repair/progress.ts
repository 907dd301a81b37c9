import { MAX_HISTORY_ROWS } from '../domain/slots/fetchPlan.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant, SECOND_MS } from '../domain/time/time.ts';
import type { RetryableError } from '../errors.ts';
import type { Report, ReportedEvent } from '../ports.ts';
import type { WindowAnswer } from './repairScope.ts';
import type { ScopeSchedule } from './schedule.ts';
import type { RepairScope } from './scope.ts';
import { planSurvey, type SurveyPlan, type SurveyPorts } from './survey.ts';

export interface BackfillStatus {
  readonly running: boolean;
  /** About as many slots as are still to be asked for. */
  readonly remainingSlots: number;
  /** `remainingSlots` and the slots that were asked for. */
  readonly totalSlots: number;
  /** Requests that were answered. */
  readonly requestsDone: number;
  /** `requestsDone` and about as many requests as are still needed. */
  readonly requestsTotal: number;
}

/** The status without a backfill. */
export const NO_BACKFILL: BackfillStatus = {
  running: false,
  remainingSlots: 0,
  totalSlots: 0,
  requestsDone: 0,
  requestsTotal: 0,
};

/** How far a backfill is. */
export interface Progress {
  read(): BackfillStatus;
  answered(scope: RepairScope, answer: WindowAnswer): BackfillStatus;
  /** A pass over the scope is complete, or it is given up for now. */
  passed(schedule: Pick<ScopeSchedule, 'scope' | 'refusals'>): BackfillStatus;
}

/**
 * Counts what the first passes over these scopes ask for, and reports as they go: `backfill-progress`, then
 * `backfill-done` once, after the first pass over the last scope, with what history has answered. How much is
 * left is estimated from the coverage of whole days, without reading a candle; the passes make it exact.
 */
export async function createProgress(
  ports: SurveyPorts & { readonly report: Report },
  scopes: readonly RepairScope[],
): Promise<Progress> {
  const work = new Map<RepairScope, Remaining>();
  for (const scope of scopes) work.set(scope, createRemaining(await planSurvey(ports, scope)));
  const left = new Set(scopes);
  let doneSlots = 0;
  let requestsDone = 0;

  function read(): BackfillStatus {
    const slots = Array.from(work.values(), (one) => one.slots());
    const remaining = slots.reduce((sum, one) => sum + one, 0);
    const requests = slots.reduce((sum, one) => sum + Math.ceil(one / MAX_HISTORY_ROWS), 0);
    const running = left.size > 0 && doneSlots + remaining > 0;
    return {
      running,
      remainingSlots: running ? remaining : 0,
      totalSlots: doneSlots + remaining,
      requestsDone,
      requestsTotal: requestsDone + requests,
    };
  }

  return {
    read,
    answered(scope, { asked, oldest }) {
      if (!left.has(scope)) return read();
      doneSlots += asked;
      requestsDone += 1;
      work.get(scope)?.askedDownTo(oldest);
      const { symbol } = scope.series;
      const { totalSlots } = read();
      ports.report({
        level: 'info',
        kind: 'backfill-progress',
        message: `backfill: ${doneSlots} of about ${totalSlots} candles (${symbol})`,
        fields: { symbol, doneSlots, totalSlots },
      });
      return read();
    },
    passed({ scope, refusals }) {
      const { running } = read();
      left.delete(scope);
      if (refusals === 0) work.delete(scope);
      if (running && left.size === 0 && doneSlots > 0)
        ports.report(backfillDone(doneSlots, read().totalSlots));
      return read();
    },
  };
}

/** The event of a failed request to history that is tried again. */
export function historyFailed({ message, retryAfterMs }: RetryableError): ReportedEvent {
  const wait = retryAfterMs === undefined ? '' : ` in ${Math.ceil(retryAfterMs / SECOND_MS)} s`;
  return { level: 'warn', kind: 'history-failed', message: `history: ${message}; trying again${wait}` };
}

function backfillDone(doneSlots: number, totalSlots: number): ReportedEvent {
  const part = doneSlots < totalSlots ? `${doneSlots} of about ${totalSlots}` : `all ${totalSlots}`;
  const message = `backfill: history has answered for ${part} candles`;
  return { level: 'info', kind: 'backfill-done', message, fields: { doneSlots, totalSlots } };
}

interface Remaining {
  readonly slots: () => number;
  /** The pass has asked for all slots from there on. */
  readonly askedDownTo: (oldest: EpochMs) => void;
}

/** About how many slots of a scope a pass has still to ask for, while it goes down from the newest. */
function createRemaining({ stretches, record }: SurveyPlan): Remaining {
  let reached = 0;
  let older = stretches.reduce((sum, { expected }) => sum + expected, 0);
  let slots = older;
  return {
    slots: () => slots,
    askedDownTo(oldest) {
      for (; stretches[reached] && stretches[reached]!.to > oldest; reached += 1)
        older -= stretches[reached]!.expected;
      const { from = oldest, expected = 0 } = stretches[reached - 1] ?? {};
      slots = older + Math.min(expected, Math.max(0, oldest - from) / intervalMs(record.interval));
    },
  };
}

/** What is not settled in several scopes, after their last passes. */
export interface Unsettled {
  readonly slots: number;
  /** Those that history has shown to be empty once. */
  readonly confirming: number;
  /** Those whose row of history can't be read. */
  readonly unreadable: number;
  readonly oldest: { readonly symbol: string; readonly openTime: EpochMs } | null;
  /** When the first of those that wait can be asked for; null when none waits. */
  readonly waitUntil: EpochMs | null;
}

/** Sums up what is not settled. Missing slots of a scope whose gaps are not filled do not count. */
export function unsettledOf(schedules: readonly ScopeSchedule[]): Unsettled {
  let sum: Unsettled = { slots: 0, confirming: 0, unreadable: 0, oldest: null, waitUntil: null };
  for (const { scope, needs } of schedules) {
    if (needs === null) continue;
    const { missing, provisional, beforeStart } = needs;
    const lists = scope.fillGaps ? [missing, provisional] : [provisional];
    const slots = lists.reduce((total, { length }) => total + length, beforeStart?.slots ?? 0);
    if (slots === 0) continue;
    const openTime = beforeStart?.first ?? Math.min(...lists.flatMap(([first]) => first ?? []));
    const waits = [sum.waitUntil, needs.waitUntil].filter((wait) => wait !== null);
    sum = {
      slots: sum.slots + slots,
      confirming: sum.confirming + needs.confirming.length + (beforeStart?.slots ?? 0),
      unreadable: sum.unreadable + needs.unreadable.length,
      oldest: sum.oldest ?? { symbol: scope.series.symbol, openTime },
      waitUntil: waits.length > 0 ? Math.min(...waits) : null,
    };
  }
  return sum;
}

/** Reports what is waited for whenever the number of slots has changed. */
export function createWaitingReport(report: Report): (unsettled: Unsettled) => void {
  let reportedSlots = 0;
  return ({ slots, confirming, unreadable, oldest, waitUntil }) => {
    if (slots === reportedSlots || oldest === null) return;
    reportedSlots = slots;
    const { symbol, openTime } = oldest;
    const second =
      confirming > 0 && waitUntil !== null
        ? `; ${confirming} look empty, asked for again at ${formatInstant(waitUntil)}`
        : '';
    const refused = unreadable > 0 ? `; the rows of ${unreadable} can't be read` : '';
    const message = `waiting for ${slots} slots to settle, ${symbol} ${formatInstant(openTime)} the first${second}${refused}`;
    report({ level: 'info', kind: 'waiting', message, fields: { slots, symbol, openTime } });
  };
}
