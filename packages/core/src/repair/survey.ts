import type { Series } from '../domain/candle/candle.ts';
import { joinNeeds, type Needs, type NeedsInput, NO_NEEDS, needsOf } from '../domain/slots/needs.ts';
import { buildDaySlots } from '../domain/slots/slots.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, DerivationStore, ExchangeClock, RequestPriority, SeriesRecord } from '../ports.ts';

export interface SurveyPorts {
  readonly exchangeClock: ExchangeClock;
  readonly candles: CandleStore;
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'readCoverage'>;
}

/** The stretch of one series that is to be made whole. */
export interface RepairScope {
  readonly series: Series;
  /** Slots that open in [from, to) and are closed by now. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly fillGaps: boolean;
  /** Finals are read again about an hour and a day after their close. */
  readonly reread?: boolean;
  readonly priority: RequestPriority;
}

/**
 * What is unresolved in a scope, and what of it is worth asking history for now. Days that the last derivation found settled are not read.
 * `readAgain`: see {@link NeedsInput}; nothing is known to have been read again when it is left out.
 */
export async function survey(
  ports: SurveyPorts,
  scope: RepairScope,
  readAgain: readonly EpochMs[] = [],
): Promise<Needs> {
  const { series } = scope;
  const now = ports.exchangeClock.now();
  const lengthMs = intervalMs(series.interval);
  const record = await ports.candles.findSeries(series);
  const from = Math.max(scope.from, record?.launchTime ?? scope.from);
  const to = Math.min(scope.to, Math.floor(now / lengthMs) * lengthMs);
  const settled = await settledDays(ports, series, from, to);
  let needs = NO_NEEDS;
  for (let day = startOfDay(from); day < to; day += DAY_MS) {
    if (settled.has(day)) continue;
    needs = joinNeeds(needs, await surveyDay(ports, { ...scope, from, to }, { record, readAgain }, day));
  }
  return needs;
}

async function surveyDay(
  ports: SurveyPorts,
  scope: RepairScope,
  known: { readonly record: SeriesRecord | null; readonly readAgain: readonly EpochMs[] },
  day: EpochMs,
): Promise<Needs> {
  const { series, from, to, fillGaps } = scope;
  const { record } = known;
  const stored = await ports.candles.readDay(series, day);
  const historyStart = record?.historyStart ?? { firstAvailable: null, pending: null };
  const slots = buildDaySlots({
    interval: series.interval,
    day,
    stored,
    launchTime: record?.launchTime ?? null,
    firstAvailable: historyStart.firstAvailable,
    asOf: to,
  });
  const readAgain = scope.reread ? known.readAgain : null;
  const now = ports.exchangeClock.now();
  return needsOf({ ...stored, slots, historyStart, from, to, fillGaps, readAgain, now });
}

/** Whole days that the last derivation found resolved, and whose re-reads are over. */
async function settledDays(
  ports: SurveyPorts,
  series: Series,
  from: EpochMs,
  to: EpochMs,
): Promise<ReadonlySet<EpochMs>> {
  const end = Math.min(to, await ports.derivation.readAsOf(), startOfDay(ports.exchangeClock.now()) - DAY_MS);
  const days = await ports.derivation.readCoverage(series, startOfDay(from), startOfDay(end));
  const resolved = days.filter(({ coverage }) => coverage.missing === 0 && coverage.provisional === 0);
  return new Set(resolved.map(({ day }) => day));
}
