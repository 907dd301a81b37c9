import type { Series } from '../domain/candle/candle.ts';
import { type EpochMs, formatInstant, SECOND_MS } from '../domain/time/time.ts';
import type { RetryableError } from '../errors.ts';
import type { Report, ReportedEvent } from '../ports.ts';
import type { WindowAnswer } from './repairScope.ts';
import type { ScopeSchedule } from './schedule.ts';
import type { RepairScope } from './scope.ts';
import { readNeeds, type SurveyPorts } from './survey.ts';

export interface BackfillStatus {
  readonly running: boolean;
  readonly remainingSlots: number;
  readonly totalSlots: number;
}

/** How far a backfill is. */
export interface Progress {
  read(): BackfillStatus;
  answered(series: Series, answer: WindowAnswer): BackfillStatus;
  /** A pass over the scope is complete, or it is given up for now. */
  passed(scope: RepairScope): BackfillStatus;
}

/**
 * Counts what the first passes over these scopes ask for, and reports as they go: `backfill-progress`, then
 * `backfill-done` once, after the first pass over the last scope, with the number of answered slots.
 */
export async function createProgress(
  ports: SurveyPorts & { readonly report: Report },
  scopes: readonly RepairScope[],
): Promise<Progress> {
  let totalSlots = 0;
  for (const scope of scopes) totalSlots += (await readNeeds(ports, scope)).ask.length;
  const left = new Set(scopes);
  let doneSlots = 0;

  function read(): BackfillStatus {
    const running = left.size > 0 && totalSlots > 0;
    return { running, remainingSlots: running ? Math.max(0, totalSlots - doneSlots) : 0, totalSlots };
  }

  return {
    read,
    answered({ symbol }, { asked }) {
      if (!read().running) return read();
      doneSlots = Math.min(totalSlots, doneSlots + asked);
      ports.report({
        level: 'info',
        kind: 'backfill-progress',
        message: `backfill: ${doneSlots} of ${totalSlots} candles (${symbol})`,
        fields: { symbol, doneSlots, totalSlots },
      });
      return read();
    },
    passed(scope) {
      const { running } = read();
      left.delete(scope);
      if (running && left.size === 0) {
        const part = doneSlots < totalSlots ? `${doneSlots} of ${totalSlots}` : `all ${totalSlots}`;
        const message = `backfill: history has answered for ${part} candles`;
        ports.report({ level: 'info', kind: 'backfill-done', message, fields: { doneSlots, totalSlots } });
      }
      return read();
    },
  };
}

/** The event of a failed request to history that is tried again. */
export function historyFailed({ message, retryAfterMs }: RetryableError): ReportedEvent {
  const wait = retryAfterMs === undefined ? '' : ` in ${Math.ceil(retryAfterMs / SECOND_MS)} s`;
  return { level: 'warn', kind: 'history-failed', message: `history: ${message}; trying again${wait}` };
}

/** What is not settled in several scopes, after their last passes. */
export interface Unsettled {
  readonly slots: number;
  /** Those that history has shown to be empty once. */
  readonly confirming: number;
  readonly oldest: { readonly symbol: string; readonly openTime: EpochMs } | null;
  /** When the first of those that wait can be asked for; null when none waits. */
  readonly waitUntil: EpochMs | null;
}

/** Sums up what is not settled. Missing slots of a scope whose gaps are not filled do not count. */
export function unsettledOf(schedules: readonly ScopeSchedule[]): Unsettled {
  let sum: Unsettled = { slots: 0, confirming: 0, oldest: null, waitUntil: null };
  for (const { scope, needs } of schedules) {
    if (needs === null) continue;
    const lists = scope.fillGaps ? [needs.missing, needs.provisional] : [needs.provisional];
    const slots = lists.reduce((total, { length }) => total + length, 0);
    if (slots === 0) continue;
    const openTime = Math.min(...lists.flatMap(([first]) => first ?? []));
    const waits = [sum.waitUntil, needs.waitUntil].filter((wait) => wait !== null);
    sum = {
      slots: sum.slots + slots,
      confirming: sum.confirming + needs.confirming.length,
      oldest: sum.oldest ?? { symbol: scope.series.symbol, openTime },
      waitUntil: waits.length > 0 ? Math.min(...waits) : null,
    };
  }
  return sum;
}

/** Reports what is waited for whenever the number of slots has changed. */
export function createWaitingReport(report: Report): (unsettled: Unsettled) => void {
  let reportedSlots = 0;
  return ({ slots, confirming, oldest, waitUntil }) => {
    if (slots === reportedSlots || oldest === null) return;
    reportedSlots = slots;
    const { symbol, openTime } = oldest;
    const second =
      confirming > 0 && waitUntil !== null
        ? `; ${confirming} look empty, asked for again at ${formatInstant(waitUntil)}`
        : '';
    const message = `waiting for ${slots} slots to settle, ${symbol} ${formatInstant(openTime)} the first${second}`;
    report({ level: 'info', kind: 'waiting', message, fields: { slots, symbol, openTime } });
  };
}
