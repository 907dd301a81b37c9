import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import { type Needs, READ_DELAY_MS } from '../domain/slots/needs.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { Random } from '../ports.ts';
import type { ScopeResult } from './repairScope.ts';
import type { RepairScope } from './scope.ts';
import { isMarketClosed } from './silence.ts';
import { NO_STUCK_SLOTS, nextAskAt, type StuckSlots, stuckAfterPass } from './stuckSlots.ts';

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
  /** Slots that were asked for in vain. */
  readonly stuck: StuckSlots;
  /** From when on neither history nor the stream has shown a candle; null until history was asked. */
  readonly silentFrom: EpochMs | null;
  /** The silence is so long that the market is taken to be closed. */
  readonly isClosed: boolean;
}

export interface RefusalOptions {
  readonly now: EpochMs;
  readonly goal: RepairGoal;
  readonly random: Random;
  readonly tries: number;
  /** Whether the refusal is known to be about the symbol; else it may pass with the next request. */
  readonly certain: boolean;
}

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
const UNCLEAR_REFUSAL_PAUSES: BackoffLimits = {
  floorMs: 15 * SECOND_MS,
  baseMs: 30 * SECOND_MS,
  capMs: 5 * MINUTE_MS,
};

/** The first pass is due now. */
export function newSchedule(scope: RepairScope): ScopeSchedule {
  const market = { silentFrom: null, isClosed: false };
  return { scope, dueAt: 0, pausedUntil: 0, refusals: 0, needs: null, stuck: NO_STUCK_SLOTS, ...market };
}

export interface PassOptions {
  /** When the pass ended. */
  readonly now: EpochMs;
  readonly goal: RepairGoal;
  /**
   * When the newest candle closes that the stream has shown, 0 before the first. Null without a stream: then
   * no market is taken to be closed, as nothing would tell that it opens.
   */
  readonly streamedUntil: EpochMs | null;
}

/** The schedule after a pass. */
export function afterPass(
  schedule: ScopeSchedule,
  result: ScopeResult,
  { now, goal, streamedUntil }: PassOptions,
): ScopeSchedule {
  const { scope } = schedule;
  const { needs, closedUntil, asked } = result;
  const lengthMs = intervalMs(scope.series.interval);
  const { silentFrom, isClosed } = marketAfterPass(schedule, result, { now, streamedUntil });
  const stuck = stuckAfterPass(schedule.stuck, needs, { now, asked, isClosed, priority: scope.priority });
  const askAt = nextAskAt(stuck);
  // New slots of a closed market wait until its old ones are asked for.
  const waitsForStuck = isClosed && askAt !== null;
  const moments: EpochMs[] = [];
  if (goal !== 'passed') {
    if (askAt !== null) moments.push(askAt);
    if (closedUntil < scope.to && !waitsForStuck) moments.push(closedUntil + lengthMs + READ_DELAY_MS);
    if (needs.waitUntil !== null) moments.push(needs.waitUntil);
  }
  if (goal === 'kept settled' && !waitsForStuck) moments.push(now + LOOK_MS);
  const dueAt = Math.max(now + SECOND_MS, Math.min(...moments));
  return { scope, dueAt, pausedUntil: 0, refusals: 0, needs, stuck, silentFrom, isClosed };
}

/**
 * An answer without rows takes back none that was shown before: the exchange may have nothing for a while.
 */
function marketAfterPass(
  schedule: ScopeSchedule,
  result: ScopeResult,
  { now, streamedUntil }: Pick<PassOptions, 'now' | 'streamedUntil'>,
): Pick<ScopeSchedule, 'silentFrom' | 'isClosed'> {
  if (result.silentFrom === null || streamedUntil === null) return schedule;
  const silentFrom = Math.max(result.silentFrom, schedule.silentFrom ?? 0, streamedUntil);
  const isClosed = isMarketClosed(silentFrom, now, intervalMs(schedule.scope.series.interval));
  return { silentFrom, isClosed };
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
  const pauses = certain ? REFUSAL_PAUSES : UNCLEAR_REFUSAL_PAUSES;
  return { ...schedule, refusals, pausedUntil: now + backoffMs(refusals - 1, pauses, random) };
}

/**
 * The same schedule with the next pass due at `now`, except that of a closed market, and unless repair is
 * through with the scope.
 */
export function dueNow(schedule: ScopeSchedule, now: EpochMs): ScopeSchedule {
  const { isClosed, dueAt } = schedule;
  return isClosed || dueAt === Number.POSITIVE_INFINITY ? schedule : { ...schedule, dueAt: now };
}

/** The schedule with a first pass due now and without its pause, unless repair is through with the scope. */
export function restarted(schedule: ScopeSchedule): ScopeSchedule {
  const { scope, needs, refusals, dueAt } = schedule;
  return dueAt === Number.POSITIVE_INFINITY ? schedule : { ...newSchedule(scope), needs, refusals };
}

/** When the scope gets its next pass. */
export function nextPassAt({ dueAt, pausedUntil }: ScopeSchedule): EpochMs {
  return Math.max(dueAt, pausedUntil);
}

/** The schedule whose pass is due first; of equals the first one. */
export function mostUrgent(schedules: readonly ScopeSchedule[]): ScopeSchedule | null {
  let urgent: ScopeSchedule | null = null;
  let earliest = Number.POSITIVE_INFINITY;
  for (const schedule of schedules) {
    const passAt = nextPassAt(schedule);
    if (urgent === null || passAt < earliest) [urgent, earliest] = [schedule, passAt];
  }
  return urgent;
}
