import type { Series } from '../domain/candle/candle.ts';
import { isDaySettled } from '../domain/slots/coverage.ts';
import { findUnsettled, type Needs, needsOf, type UnsettledSlots } from '../domain/slots/needs.ts';
import { newRecord } from '../domain/slots/seriesRecord.ts';
import type { SlotEvidence } from '../domain/slots/slotChange.ts';
import { floorToInterval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, DerivationStore, ExchangeClock, SeriesRecord } from '../ports.ts';
import type { RepairScope } from './scope.ts';

export interface SurveyPorts {
  readonly exchangeClock: ExchangeClock;
  readonly candles: CandleStore;
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'readCoverage'>;
}

/** What is not settled in a scope, as the store has it. */
export interface Survey {
  readonly record: SeriesRecord;
  readonly unsettled: UnsettledSlots;
  /** Slots of the scope that open before it have closed and are part of the survey. */
  readonly closedUntil: EpochMs;
}

/** Reads what is not settled in a scope. Days that the last derivation found settled are not read. */
export async function surveyScope(ports: SurveyPorts, scope: RepairScope): Promise<Survey> {
  const { series } = scope;
  const lengthMs = intervalMs(series.interval);
  const record = (await ports.candles.findSeries(series)) ?? newRecord(series);
  const launchSlot = floorToInterval(record.launchTime ?? 0, series.interval);
  const from = Math.max(Math.ceil(scope.from / lengthMs) * lengthMs, launchSlot);
  const now = ports.exchangeClock.now();
  const closed = floorToInterval(now, series.interval);
  const closedUntil = Math.min(Math.ceil(scope.to / lengthMs) * lengthMs, closed);
  if (from >= closedUntil) return { record, unsettled: new Map(), closedUntil };
  const settled = await settledDays(ports.derivation, series, { from, to: closedUntil });
  const days: UnsettledSlots[] = [];
  for (let day = startOfDay(closedUntil - 1); day + DAY_MS > from; day -= DAY_MS) {
    if (settled.has(day)) continue;
    const stretch = { from: Math.max(day, from), to: Math.min(day + DAY_MS, closedUntil) };
    const stored = await ports.candles.readDay(series, day);
    days.push(findUnsettled({ ...stored, ...stretch, intervalMs: lengthMs, record, now }));
  }
  const unsettled = new Map<EpochMs, SlotEvidence>();
  for (const ofDay of days.reverse()) {
    for (const [slot, evidence] of ofDay) unsettled.set(slot, evidence);
  }
  return { record, unsettled, closedUntil };
}

/** What is not settled in a scope, and what of it history is to be asked for now. */
export async function readNeeds(ports: SurveyPorts, scope: RepairScope): Promise<Needs> {
  const { record, unsettled } = await surveyScope(ports, scope);
  const now = ports.exchangeClock.now();
  return needsOf({ unsettled, record, now, ...scope, intervalMs: intervalMs(scope.series.interval) });
}

/** The whole days of a stretch that the last derivation found settled and that have not changed since. */
export async function settledDays(
  derivation: Pick<DerivationStore, 'readAsOf' | 'readCoverage'>,
  series: Series,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
): Promise<ReadonlySet<EpochMs>> {
  const end = startOfDay(Math.min(to, await derivation.readAsOf()));
  const days = await derivation.readCoverage(series, startOfDay(from), end);
  return new Set(days.filter(({ coverage }) => isDaySettled(coverage)).map(({ day }) => day));
}
