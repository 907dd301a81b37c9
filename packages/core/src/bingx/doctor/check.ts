import type { Market } from '../../domain/candle/candle.ts';
import type { Interval } from '../../domain/time/interval.ts';
import type { EpochMs } from '../../domain/time/time.ts';
import type { Clock, HttpGet, Inflate, OpenSocket } from '../../ports.ts';

export interface DoctorPorts {
  readonly httpGet: HttpGet;
  readonly openSocket: OpenSocket;
  readonly inflate: Inflate;
  readonly clock: Clock;
}

export interface DoctorOptions {
  readonly market: Market;
  readonly restUrl: string;
  /** Tried when `restUrl` does not answer. */
  readonly fallbackUrl?: string;
  readonly wsUrl: string;
  /** At least one; the first one is looked at closely. */
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** History of the interval that is needed, in days. */
  readonly historyDays: number;
}

/** What a check found. */
export interface Finding {
  /** The measured value, in a few words. */
  readonly measured: string;
  /** What differs from the assumption, and what was expected; null when it holds. */
  readonly problem: string | null;
}

/** One line of a doctor's report. */
export interface CheckResult extends Finding {
  readonly name: string;
  /** `not run`: something that it needs did not work. */
  readonly verdict: 'ok' | 'differs' | 'not run';
  /** The heading of docs/bingx.md with the assumption; null for a fact of this machine. */
  readonly assumption: string | null;
}

export interface Check<Context> {
  readonly name: string;
  readonly assumption: string | null;
  /** Throws when there is no answer to judge. */
  readonly run: (context: Context, signal: AbortSignal) => Promise<Finding>;
}

/** A check that cannot run, because what it needs did not work. */
export class NotRunError extends Error {
  override readonly name = 'NotRunError';
}

/** Runs checks one after the other. An error is a finding; only the signal ends the run. */
export async function* runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  signal: AbortSignal,
): AsyncGenerator<CheckResult> {
  for (const { name, assumption, run } of checks) {
    try {
      const finding = await run(context, signal);
      yield { name, assumption, ...finding, verdict: finding.problem === null ? 'ok' : 'differs' };
    } catch (error) {
      signal.throwIfAborted();
      const problem = error instanceof Error ? error.message : String(error);
      const verdict = error instanceof NotRunError ? 'not run' : 'differs';
      yield { name, assumption, measured: 'nothing', problem, verdict };
    }
  }
}

/** A finding whose problem is the first that holds. */
export function findingOf(
  measured: string,
  ...problems: readonly (readonly [holds: boolean, problem: string])[]
): Finding {
  return { measured, problem: problems.find(([holds]) => holds)?.[1] ?? null };
}

/** `0.41 s`, `182 ms`. */
export function formatMs(ms: number): string {
  return Math.abs(ms) < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** The open time of the slot that holds `time`. */
export function slotOf(time: EpochMs, lengthMs: number): EpochMs {
  return Math.floor(time / lengthMs) * lengthMs;
}
