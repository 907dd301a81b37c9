import type { Series } from '../domain/candle/candle.ts';
import { isDaySettled } from '../domain/slots/coverage.ts';
import {
  findDueLooks,
  findUnsettled,
  joinNeeds,
  type Needs,
  needsBeforeStart,
  needsOf,
  startOfNeeds,
  type UnsettledSlots,
} from '../domain/slots/needs.ts';
import type { SlotRange } from '../domain/slots/secondLook.ts';
import { newRecord } from '../domain/slots/seriesRecord.ts';
import { floorToInterval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type {
  CandleStore,
  CoverageRecord,
  DerivationStore,
  ExchangeClock,
  SeriesRecord,
  YieldToHost,
} from '../ports.ts';
import { type RepairScope, startOfScope } from './scope.ts';

export interface SurveyPorts {
  readonly exchangeClock: ExchangeClock;
  readonly candles: CandleStore;
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'readCoverage'>;
  /** Called before each day that is read, and before the coverage of each series. */
  readonly yieldToHost: YieldToHost;
}

/** The part of a UTC day that a survey has to read. */
export interface SurveyStretch extends SlotRange {
  /** How many of its slots the last derivation left unsettled; all of them if it has not seen the day. */
  readonly expected: number;
}

/** What a survey of a scope has to read. */
export interface SurveyPlan {
  readonly record: SeriesRecord;
  /** The oldest slot of the scope in which a candle is expected. */
  readonly from: EpochMs;
  /** Slots before it are not worth reading ({@link startOfNeeds}). */
  readonly surveyFrom: EpochMs;
  /** Slots of the scope that open before it have closed. */
  readonly closedUntil: EpochMs;
  /** Newest first, without the days that the last derivation found settled and in which no look is due. */
  readonly stretches: readonly SurveyStretch[];
}

/**
 * Plans a survey by what the store knows of whole days: one read of the series and one of its coverage, for a
 * scope of any length.
 */
export async function planSurvey(ports: SurveyPorts, scope: RepairScope): Promise<SurveyPlan> {
  await ports.yieldToHost();
  const { series } = scope;
  const lengthMs = intervalMs(series.interval);
  const now = ports.exchangeClock.now();
  const record = (await ports.candles.findSeries(series)) ?? newRecord(series);
  const from = startOfScope(scope, record);
  const to = Math.min(Math.ceil(scope.to / lengthMs) * lengthMs, floorToInterval(now, series.interval));
  const surveyFrom = Math.max(
    from,
    Math.floor(Math.min(startOfNeeds(record, now), to) / lengthMs) * lengthMs,
  );
  const plan = { record, from, surveyFrom, closedUntil: to };
  if (surveyFrom >= to) return { ...plan, stretches: [] };
  const coverage = await readCoverage(ports.derivation, series, { from: surveyFrom, to });
  const stretches: SurveyStretch[] = [];
  for (let day = startOfDay(to - 1); day + DAY_MS > surveyFrom; day -= DAY_MS) {
    const known = coverage.get(day);
    // Looks fill empty slots, so a scope whose gaps are not filled has none.
    if (known && isSettled(known, scope.fillGaps ? now : 0)) continue;
    const part = { from: Math.max(day, surveyFrom), to: Math.min(day + DAY_MS, to) };
    const all = (part.to - part.from) / lengthMs;
    const { missing = all, provisional = 0 } = known?.coverage ?? {};
    stretches.push({ ...part, expected: Math.min(all, missing + provisional) });
  }
  return { ...plan, stretches };
}

/** What a survey found in a stretch. */
export interface SurveyedSlots {
  readonly unsettled: UnsettledSlots;
  /** Settled slots that are due to be looked at again, ascending. */
  readonly looks: readonly EpochMs[];
}

/** Reads which slots of a stretch history is to be asked for. Throws the signal's reason when it aborts. */
export async function surveyStretch(
  { candles, exchangeClock, yieldToHost }: SurveyPorts,
  record: SeriesRecord,
  { from, to }: SlotRange,
  signal: AbortSignal,
): Promise<SurveyedSlots> {
  await yieldToHost();
  signal.throwIfAborted();
  const { market, symbol, interval } = record;
  const stored = await candles.readDay({ market, symbol, interval }, startOfDay(from));
  const now = exchangeClock.now();
  const stretch = { ...stored, from, to, intervalMs: intervalMs(interval), record, now };
  return { unsettled: findUnsettled(stretch), looks: findDueLooks(stretch) };
}

/** What is not settled in a scope, and what of it history is to be asked for now. */
export async function readNeeds(ports: SurveyPorts, scope: RepairScope, signal: AbortSignal): Promise<Needs> {
  const { record, from, surveyFrom, stretches } = await planSurvey(ports, scope);
  const lengthMs = intervalMs(scope.series.interval);
  const newestFirst: Needs[] = [];
  for (const stretch of stretches) {
    const surveyed = await surveyStretch(ports, record, stretch, signal);
    const now = ports.exchangeClock.now();
    newestFirst.push(needsOf({ ...scope, ...surveyed, record, now, intervalMs: lengthMs }));
  }
  const before = needsBeforeStart(record, { from, to: surveyFrom, intervalMs: lengthMs });
  return joinNeeds([before, ...newestFirst.reverse()]);
}

/**
 * The whole days of a stretch that the last derivation found settled, that have not changed since, and in
 * which no look is due at `now`.
 */
export async function settledDays(
  derivation: SurveyPorts['derivation'],
  series: Series,
  { now, ...range }: SlotRange & { readonly now: EpochMs },
): Promise<ReadonlySet<EpochMs>> {
  const days = await readCoverage(derivation, series, range);
  return new Set([...days].flatMap(([day, known]) => (isSettled(known, now) ? day : [])));
}

function isSettled({ coverage, nextLook }: CoverageRecord, now: EpochMs): boolean {
  return isDaySettled(coverage) && (nextLook === null || nextLook > now);
}

/** The coverage of the whole days of a stretch that have not changed since their derivation. */
async function readCoverage(
  derivation: SurveyPorts['derivation'],
  series: Series,
  { from, to }: SlotRange,
): Promise<ReadonlyMap<EpochMs, CoverageRecord>> {
  const end = startOfDay(Math.min(to, await derivation.readAsOf()));
  const days = await derivation.readCoverage(series, startOfDay(from), end);
  return new Map(days.map((known) => [known.day, known]));
}
