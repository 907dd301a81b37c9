import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import { type Needs, READ_DELAY_MS } from '../domain/slots/needs.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { Random } from '../ports.ts';
import type { ScopeResult } from './repairScope.ts';
import type { RepairScope } from './scope.ts';

/**
 * When repair is through with a scope: after one pass, once all of its slots have closed and are settled, or
 * never.
 */
export type RepairGoal = 'passed' | 'settled' | 'kept settled';

/** When a scope gets its next pass, and what the last one left. Instants are exchange time. */
export interface ScopeSchedule {
  readonly scope: RepairScope;
  /** The next pass; Infinity when repair is through with the scope. */
  readonly dueAt: EpochMs;
  /** There is no pass before it, whatever is due: the exchange refuses the symbol. */
  readonly pausedUntil: EpochMs;
  /** Passes in a row that ended because the exchange refused the symbol. */
  readonly refusals: number;
  /** What was not settled after the last complete pass; null before the first one. */
  readonly needs: Needs | null;
}

export interface RefusalOptions {
  readonly now: EpochMs;
  readonly goal: RepairGoal;
  readonly random: Random;
  readonly tries: number;
  /** Whether the refusal is known to be about the symbol; else it may pass with the next request. */
  readonly certain: boolean;
}

/** A slot that history could not settle is asked for again after this long. */
const RETRY_MS = 15 * SECOND_MS;
/**
 * A scope that is kept settled is looked at again after this long at the latest: another process may have
 * written.
 */
const LOOK_MS = 5 * MINUTE_MS;
/**
 * Pauses of a refused symbol. The exchange halts a contract for minutes to days (docs/bingx.md, "Contracts
 * and symbols").
 */
const REFUSAL_PAUSES: BackoffLimits = { floorMs: MINUTE_MS, baseMs: 2 * MINUTE_MS, capMs: HOUR_MS };
/** Pauses after a refusal that may be about something else. */
const DOUBTFUL_PAUSES: BackoffLimits = {
  floorMs: 15 * SECOND_MS,
  baseMs: 30 * SECOND_MS,
  capMs: 5 * MINUTE_MS,
};

/** The first pass is due now. */
export function newSchedule(scope: RepairScope): ScopeSchedule {
  return { scope, dueAt: 0, pausedUntil: 0, refusals: 0, needs: null };
}

/** The schedule after a pass that ended at `now`. */
export function afterPass(
  { scope }: ScopeSchedule,
  { needs, closedUntil }: ScopeResult,
  { now, goal }: { readonly now: EpochMs; readonly goal: RepairGoal },
): ScopeSchedule {
  const { ask, waitUntil } = needs;
  const nextClose = closedUntil + intervalMs(scope.series.interval);
  const moments: EpochMs[] = [];
  if (goal !== 'passed') {
    if (ask.length > 0) moments.push(now + RETRY_MS);
    else if (closedUntil < scope.to) moments.push(nextClose + READ_DELAY_MS);
    if (waitUntil !== null) moments.push(waitUntil);
  }
  if (goal === 'kept settled') moments.push(now + LOOK_MS);
  return {
    scope,
    dueAt: Math.max(now + SECOND_MS, Math.min(...moments)),
    pausedUntil: 0,
    refusals: 0,
    needs,
  };
}

/**
 * The schedule after the exchange refused the symbol: a pause that grows with each refusal in a row. After
 * `tries` of them, or when one pass is the goal, repair is through with the scope.
 */
export function afterRefusal(schedule: ScopeSchedule, options: RefusalOptions): ScopeSchedule {
  const { now, goal, random, tries, certain } = options;
  const refusals = schedule.refusals + 1;
  const isLast = goal === 'passed' || refusals >= tries;
  if (isLast) return { ...schedule, refusals, dueAt: Number.POSITIVE_INFINITY };
  const pauses = certain ? REFUSAL_PAUSES : DOUBTFUL_PAUSES;
  return { ...schedule, refusals, pausedUntil: now + backoffMs(refusals - 1, pauses, random) };
}

/** The same schedule with the next pass due at `now`, unless repair is through with the scope. */
export function broughtForward(schedule: ScopeSchedule, now: EpochMs): ScopeSchedule {
  return schedule.dueAt === Number.POSITIVE_INFINITY ? schedule : { ...schedule, dueAt: now };
}

/** When the scope gets its next pass. */
export function nextPassAt({ dueAt, pausedUntil }: ScopeSchedule): EpochMs {
  return Math.max(dueAt, pausedUntil);
}

/** The schedule whose pass is due first; of equals the first one. */
export function mostUrgent(schedules: readonly ScopeSchedule[]): ScopeSchedule | null {
  let urgent: ScopeSchedule | null = null;
  for (const schedule of schedules) {
    if (urgent === null || nextPassAt(schedule) < nextPassAt(urgent)) urgent = schedule;
  }
  return urgent;
}
