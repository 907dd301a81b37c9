import type { EpochMs } from '../../domain/time/time.ts';
import { BadDataError, type RetryableError, SymbolRefusedError } from '../../errors.ts';
import type { Clock, Random, ReportedEvent } from '../../ports.ts';
import { retry } from '../../waiting/retry.ts';
import { repairScope, type ScopeResult, type WindowAnswer } from '../repairScope.ts';
import type { RepairPorts } from '../repairWindow.ts';
import { afterPass, afterRefusal, type RepairGoal, type ScopeSchedule } from '../schedule.ts';
import type { RepairScope } from '../scope.ts';
import { isWorthAsking } from '../stuckSlots.ts';

export interface PassPorts extends RepairPorts {
  readonly clock: Clock;
  readonly random: Random;
}

export interface PassOptions {
  readonly goal: RepairGoal;
  /** Failures of the exchange in a row after which the last error is thrown; without it there is no end. */
  readonly tries?: number;
  /** Refusals of a symbol in a row after which its scope gets no further pass; without it there is no end. */
  readonly refusalTries?: number;
  /** When the newest candle closes that the stream has shown, by symbol; only beside a stream. */
  readonly streamedUntil?: ReadonlyMap<string, EpochMs>;
  /** Called after each answer of history is written. */
  readonly onAnswer?: (scope: RepairScope, answer: WindowAnswer) => void;
  /**
   * Called when the exchange begins to refuse a symbol, and with null when it answers again. By default both
   * are reported.
   */
  readonly onRefusal?: (symbol: string, refusal: RefusalError | null) => void;
  /**
   * Called when the exchange did not answer or asked for a pause; the same pass is tried again after a wait.
   */
  readonly onFailure?: (error: RetryableError) => void;
}

type RefusalError = BadDataError | SymbolRefusedError;

/** What the passes of one loop, of which several may run at once, know of each other. */
export interface SharedOutcome {
  /** The symbol of the last refusal for an unknown reason; null once history has answered since. */
  unclearSymbol: string | null;
  /** Failures of the exchange in a row, those of passes that run at once counted once. */
  failures: number;
}

type LoopPorts = PassPorts & { readonly shared: SharedOutcome };

/** One pass over a scope. Returns the schedule after it. */
export async function passOnce(
  ports: LoopPorts,
  options: PassOptions,
  schedule: ScopeSchedule,
  signal: AbortSignal,
): Promise<ScopeSchedule> {
  const { random, shared } = ports;
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
  shared.unclearSymbol = certain ? shared.unclearSymbol : symbol;
  if (schedule.refusals === 0) onRefusal(symbol, result);
  return afterRefusal(schedule, { now, goal, random, certain, tries });
}

/** Repairs a scope; a failing exchange is asked again. Returns the error of a refused symbol. */
function untilAnswered(
  { shared, ...ports }: LoopPorts,
  { tries, onAnswer, onFailure }: PassOptions,
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
        shared.unclearSymbol = null;
        shared.failures = 0;
        onAnswer?.(scope, answer);
      },
    };
    return repairScope(ports, options, signal).catch((error) =>
      refusalOf(error, scope.series.symbol, shared),
    );
  };
  const failed = (error: RetryableError, failures: number) => {
    if (failures <= shared.failures) return;
    shared.failures = failures;
    onFailure?.(error);
  };
  return retry<ScopeResult | RefusalError>(pass, { clock, random, tries, onFailure: failed }, signal).then(
    (result) => {
      shared.failures = 0;
      return result;
    },
  );
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
function refusalOf(error: unknown, symbol: string, { unclearSymbol }: SharedOutcome): RefusalError {
  if (!(error instanceof BadDataError || error instanceof SymbolRefusedError)) throw error;
  const isShared = unclearSymbol !== null && unclearSymbol !== symbol;
  if (isShared && !isCertain(error)) throw error;
  return error;
}

function isCertain(error: RefusalError): boolean {
  return error instanceof BadDataError || error.certain;
}
