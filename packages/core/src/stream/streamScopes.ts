import type { Series } from '../domain/candle/candle.ts';
import { floorToInterval, type Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import { beginHistory, historyScope, type RepairScope } from '../repair/scope.ts';
import type { SurveyPorts } from '../repair/survey.ts';

export interface StreamScopesOptions {
  readonly series: readonly Series[];
  readonly interval: Interval;
  readonly historyDays: number;
  readonly gapFill: boolean;
  /** The first slot of this run: older ones belong to the backfill. */
  readonly liveFrom: EpochMs;
  /** No slot that closes later is kept; null: all are. */
  readonly until: EpochMs | null;
}

export function liveScopes(options: StreamScopesOptions): readonly RepairScope[] {
  const { series, liveFrom, gapFill, until, interval } = options;
  const to = until === null ? Number.POSITIVE_INFINITY : floorToInterval(until, interval);
  return series.map((one) => ({ series: one, from: liveFrom, to, fillGaps: gapFill, priority: 'live' }));
}

/** The history before the live slots. */
export async function historyScopes(
  { candles, exchangeClock }: Pick<SurveyPorts, 'candles' | 'exchangeClock'>,
  { series, liveFrom, historyDays, until, interval }: StreamScopesOptions,
): Promise<readonly RepairScope[]> {
  const to = until === null ? liveFrom : Math.min(liveFrom, floorToInterval(until, interval));
  const startedAt = exchangeClock.now();
  const scopes: RepairScope[] = [];
  for (const one of series) {
    const from = await beginHistory(candles, one, { now: liveFrom, historyDays });
    scopes.push(historyScope({ series: one, from, to, startedAt }));
  }
  return scopes;
}
