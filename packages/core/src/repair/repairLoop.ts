import { type Needs, READ_DELAY_MS } from '../domain/slots/needs.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { BadDataError, RetryableError, SymbolRefusedError } from '../errors.ts';
import type { Clock, ExchangeClock, Random, Report } from '../ports.ts';
import { retryWaitMs } from '../waiting/retry.ts';
import type { Wake } from '../waiting/wake.ts';
import type { Repairer, WindowAnswer } from './repairPass.ts';
import type { RepairScope } from './survey.ts';

export interface KeepWholePorts {
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly random: Random;
  readonly repairer: Repairer;
  readonly report: Report;
}

export interface KeepWholeOptions {
  readonly scopes: readonly RepairScope[];
  readonly wake: Wake;
  /** Hears of every pass over a scope that ended. */
  readonly onPass: (scope: RepairScope, needs: Needs) => void;
  /** Hears of every answer of history. */
  readonly onAnswer: (scope: RepairScope, answer: WindowAnswer) => void;
  /** Hears that history did not answer, or asked to be left alone. */
  readonly onFailure: (error: RetryableError) => void;
  /** Hears of every round in which history answered all. */
  readonly onRound?: () => void;
}

/** A slot that history could not settle yet is asked for again after this long. */
const RETRY_MS = 15 * SECOND_MS;
/** Without any need the store is looked at again after this long: another process may have written, a re-read may be due. */
const IDLE_MS = 5 * MINUTE_MS;

/** Repairs its scopes round after round until the signal aborts: after every candle, after every nudge, and when a wait is over. */
export async function keepWhole(
  ports: KeepWholePorts,
  options: KeepWholeOptions,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let next = ports.exchangeClock.now() + IDLE_MS;
    let failure: RetryableError | null = null;
    for (const scope of options.scopes) {
      try {
        const needs = await ports.repairer.pass(scope, signal, (answer) => options.onAnswer(scope, answer));
        options.onPass(scope, needs);
        next = Math.min(next, nextLook(ports, scope, needs));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof BadDataError || error instanceof SymbolRefusedError)
          reportRefused(ports.report, scope, error);
        else if (error instanceof RetryableError) failure = error;
        else throw error;
        if (failure) break;
      }
    }
    failures = failure ? failures + 1 : 0;
    if (failure) options.onFailure(failure);
    else options.onRound?.();
    const waitMs = failure ? retryWaitMs(failures, failure, ports.random) : next - ports.exchangeClock.now();
    // A nudge shortens the wait for the next candle, but not the wait that a failing exchange asks for.
    const wait = failure ? ports.clock : options.wake;
    await wait.sleep(Math.max(SECOND_MS, waitMs), signal).catch(ignoreAbort(signal));
  }
}

/** When a scope is worth another look: soon while something is open, else when a wait ends or the next candle of a live scope has closed. */
function nextLook(ports: KeepWholePorts, scope: RepairScope, needs: Needs): EpochMs {
  const now = ports.exchangeClock.now();
  if (needs.ask.length > 0) return now + RETRY_MS;
  const lengthMs = intervalMs(scope.series.interval);
  const nextClose = (Math.floor((now - READ_DELAY_MS) / lengthMs) + 1) * lengthMs;
  const ahead = nextClose < scope.to ? nextClose + READ_DELAY_MS : Number.POSITIVE_INFINITY;
  return Math.min(needs.waitUntil ?? Number.POSITIVE_INFINITY, ahead);
}

function reportRefused(report: Report, scope: RepairScope, error: Error): void {
  const { symbol } = scope.series;
  report({ level: 'error', kind: 'refused', message: `${symbol}: ${error.message}`, fields: { symbol } });
}

function ignoreAbort(signal: AbortSignal) {
  return (error: unknown) => {
    if (!signal.aborted) throw error;
  };
}
