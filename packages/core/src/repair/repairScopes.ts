import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import { BadDataError, type RetryableError, SymbolRefusedError } from '../errors.ts';
import type { Clock, Random, ReportedEvent } from '../ports.ts';
import { retry } from '../waiting/retry.ts';
import { createPassCalls, type PassCalls } from './passCalls.ts';
import { repairScope, type ScopeResult, type WindowAnswer } from './repairScope.ts';
import type { RepairPorts } from './repairWindow.ts';
import {
  afterPass,
  afterRefusal,
  mostUrgent,
  newSchedule,
  nextPassAt,
  type RepairGoal,
  restarted,
  type ScopeSchedule,
} from './schedule.ts';
import type { RepairScope } from './scope.ts';
import { isWorthAsking } from './stuckSlots.ts';

export interface RepairScopesPorts extends RepairPorts {
  readonly clock: Clock;
  readonly random: Random;
}

export interface RepairScopesOptions {
  readonly scopes: readonly RepairScope[];
  readonly goal: RepairGoal;
  /** Failures of the exchange in a row after which the last error is thrown; without it there is no end. */
  readonly tries?: number;
  /** Refusals of a symbol in a row after which its scope gets no further pass; without it there is no end. */
  readonly refusalTries?: number;
  readonly calls?: PassCalls;
  /** When the newest candle closes that the stream has shown, by symbol; only beside a stream. */
  readonly streamedUntil?: ReadonlyMap<string, EpochMs>;
  /** Called after each answer of history is written. */
  readonly onAnswer?: (scope: RepairScope, answer: WindowAnswer) => void;
  /** Called after each pass, also when it ended with a refusal. */
  readonly onPass?: (schedule: ScopeSchedule) => void;
  /**
   * Called when the exchange begins to refuse a symbol, and with null when it answers again. By default both
   * are reported.
   */
  readonly onRefusal?: (symbol: string, refusal: RefusalError | null) => void;
  /**
   * Called when the exchange did not answer or asked for a pause; the same pass is tried again after a wait.
   */
  readonly onFailure?: (error: RetryableError) => void;
  /** Called when no pass is due, before the wait for the next one. */
  readonly onIdle?: (schedules: readonly ScopeSchedule[]) => void;
}

/** How long it takes at most to notice that the clock was set. */
const LONGEST_SLEEP_MS = MINUTE_MS;

export type RefusalError = BadDataError | SymbolRefusedError;

/**
 * The one loop over scopes: takes the most urgent one, gives it a pass, schedules its next one, and waits
 * when none is due. A refused symbol pauses its own scope only; a failure of the exchange holds up all of
 * them. Resolves with the schedules when repair is through with every scope. Throws RetryableError after the
 * last try, what the store throws, and the signal's reason when it aborts.
 */
export async function repairScopes(
  ports: RepairScopesPorts,
  options: RepairScopesOptions,
  signal: AbortSignal,
): Promise<readonly ScopeSchedule[]> {
  const { calls = createPassCalls(ports.clock) } = options;
  const unclear: UnclearRefusal = { symbol: null };
  let schedules: readonly ScopeSchedule[] = options.scopes.map(newSchedule);
  let before = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal.throwIfAborted();
    const now = ports.exchangeClock.now();
    // A clock that was set back would make every scope wait until it has caught up.
    if (now < before) schedules = schedules.map(restarted);
    schedules = calls.applied(schedules, now);
    before = now;
    const urgent = mostUrgent(schedules);
    if (urgent === null || nextPassAt(urgent) === Number.POSITIVE_INFINITY) return schedules;
    if (nextPassAt(urgent) <= now) {
      const next = await passOnce({ ...ports, unclear }, options, urgent, signal);
      schedules = schedules.map((one) => (one === urgent ? next : one));
      options.onPass?.(next);
    } else {
      options.onIdle?.(schedules);
      await calls.sleep(Math.min(nextPassAt(urgent) - now, LONGEST_SLEEP_MS), signal);
    }
  }
}

/** The symbol of the last refusal for an unknown reason; null once history has answered since. */
interface UnclearRefusal {
  symbol: string | null;
}

type LoopPorts = RepairScopesPorts & { readonly unclear: UnclearRefusal };

/** One pass over a scope. Returns the schedule after it. */
async function passOnce(
  ports: LoopPorts,
  options: RepairScopesOptions,
  schedule: ScopeSchedule,
  signal: AbortSignal,
): Promise<ScopeSchedule> {
  const { random, unclear } = ports;
  const { goal, streamedUntil: streamed, refusalTries: tries = Number.POSITIVE_INFINITY } = options;
  const { onRefusal = (...change) => ports.report(refusalEvent(...change)) } = options;
  const { symbol } = schedule.scope.series;
  const result = await untilAnswered(ports, options, schedule, signal);
  const now = ports.exchangeClock.now();
  if (!(result instanceof Error)) {
    if (schedule.refusals > 0) onRefusal(symbol, null);
    const streamedUntil = streamed ? (streamed.get(symbol) ?? 0) : null;
    return afterPass(schedule, result, { now, goal, streamedUntil });
  }
  const certain = isCertain(result);
  unclear.symbol = certain ? unclear.symbol : symbol;
  if (schedule.refusals === 0) onRefusal(symbol, result);
  return afterRefusal(schedule, { now, goal, random, certain, tries });
}

/** Repairs a scope; a failing exchange is asked again. Returns the error of a refused symbol. */
function untilAnswered(
  { unclear, ...ports }: LoopPorts,
  { tries, onAnswer, onFailure }: RepairScopesOptions,
  { scope, stuck }: ScopeSchedule,
  signal: AbortSignal,
): Promise<ScopeResult | RefusalError> {
  const { clock, random, exchangeClock } = ports;
  const pass = (onProgress: () => void) => {
    const startedAt = exchangeClock.now();
    const options = {
      scope,
      isWorthAsking: (slot: EpochMs) => isWorthAsking(stuck, slot, startedAt),
      onAnswer(answer: WindowAnswer) {
        onProgress();
        unclear.symbol = null;
        onAnswer?.(scope, answer);
      },
    };
    return repairScope(ports, options, signal).catch((error) =>
      refusalOf(error, scope.series.symbol, unclear),
    );
  };
  return retry<ScopeResult | RefusalError>(pass, { clock, random, tries, onFailure }, signal);
}

function refusalEvent(symbol: string, refusal: RefusalError | null): ReportedEvent {
  const fields = { symbol };
  if (refusal) return { level: 'error', kind: 'refused', message: `${symbol}: ${refusal.message}`, fields };
  return { level: 'info', kind: 'resumed', message: `${symbol}: history answers again`, fields };
}

/**
 * The error if it is about the symbol. Any other one is thrown again, and so is a refusal for an unknown
 * reason when another symbol has just got one: the exchange may refuse all of them.
 */
function refusalOf(error: unknown, symbol: string, unclear: UnclearRefusal): RefusalError {
  if (!(error instanceof BadDataError || error instanceof SymbolRefusedError)) throw error;
  const isShared = unclear.symbol !== null && unclear.symbol !== symbol;
  if (isShared && !isCertain(error)) throw error;
  return error;
}

function isCertain(error: RefusalError): boolean {
  return error instanceof BadDataError || error.certain;
}
