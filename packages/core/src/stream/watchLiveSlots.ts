import { type Interval, intervalMs } from '../domain/time/interval.ts';
import type { Clock } from '../ports.ts';
import type { RepairScope } from '../repair/scope.ts';
import { readNeeds, type SurveyPorts } from '../repair/survey.ts';
import type { StatusBoard } from './status.ts';

export interface WatchLivePorts extends SurveyPorts {
  readonly clock: Clock;
  readonly board: StatusBoard;
}

export interface WatchLiveOptions {
  readonly scopes: readonly RepairScope[];
  readonly interval: Interval;
  /** When the last pass over the live slots of a symbol was answered, by the monotonic clock. */
  readonly passedAt: ReadonlyMap<string, number>;
}

/**
 * Surveys the live slots of symbols that had no pass for an interval, until the signal aborts, so that health
 * knows how old a hole is also while history does not answer.
 */
export async function watchLiveSlots(
  ports: WatchLivePorts,
  { scopes, interval, passedAt }: WatchLiveOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, board } = ports;
  const lengthMs = intervalMs(interval);
  while (!signal.aborted) {
    for (const scope of scopes) {
      const { symbol } = scope.series;
      const sincePass = clock.monotonic() - (passedAt.get(symbol) ?? Number.NEGATIVE_INFINITY);
      if (sincePass >= lengthMs) board.surveyed(symbol, await readNeeds(ports, scope, signal));
    }
    await clock.sleep(lengthMs / 2, signal);
  }
}
