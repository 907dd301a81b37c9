import { aggregateBars } from '../domain/bars/bars.ts';
import { computeIndicators, INITIAL_INDICATOR_STATE } from '../domain/bars/indicators.ts';
import { coverageOf } from '../domain/slots/coverage.ts';
import { buildDaySlots } from '../domain/slots/slots.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { barsPath, candlesPath, coveragePath } from '../lake/partitions.ts';
import { barRows, candleRows, coverageRow } from '../lake/rows.ts';
import type {
  CandleStore,
  CheckpointRecord,
  DayCommit,
  DerivationStore,
  DerivedBars,
  LakeTable,
  SeriesRecord,
} from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

/** What the rows of a day depend on beside its candles and checkpoints. */
export interface DayContext {
  readonly settings: LakeSettings;
  readonly day: EpochMs;
  readonly asOf: EpochMs;
}

/** Everything that follows from the store for one series and day. */
export interface SeriesDay {
  /** This series' rows of each object. */
  readonly rows: readonly (readonly [path: string, rows: LakeTable])[];
  readonly checkpoints: readonly CheckpointRecord[];
  readonly coverage: DayCommit['coverage'][number];
  /** One for each timeframe. */
  readonly bars: readonly DerivedBars[];
}

/** Whether a series has rows on a day: it has the recorded interval, and its first slot is not later. */
export function isInLake({ interval, firstSlot }: SeriesRecord, { settings, day }: DayContext): boolean {
  return interval === settings.interval && firstSlot !== null && startOfDay(firstSlot) <= day;
}

/** Derives one series and day: slots, bars, indicators, coverage. Pure but for its reads. */
export async function deriveSeries(
  ports: { readonly candles: CandleStore; readonly derivation: DerivationStore },
  record: SeriesRecord,
  context: DayContext,
): Promise<SeriesDay> {
  const { settings, day, asOf } = context;
  const { market, symbol, interval, launchTime } = record;
  const series = { market, symbol, interval };
  const stored = await ports.candles.readDay(series, day);
  const { firstAvailable } = record.historyStart;
  const slots = buildDaySlots({ interval, day, stored, launchTime, firstAvailable, asOf });
  const coverage = coverageOf(slots);
  const rows: [string, LakeTable][] = [
    [candlesPath(interval, day), candleRows(series, slots)],
    [coveragePath(interval, day), coverageRow(series, coverage)],
  ];
  const checkpoints: CheckpointRecord[] = [];
  const derived: DerivedBars[] = [];
  for (const timeframeMinutes of settings.timeframes) {
    const bars = aggregateBars(slots, timeframeMinutes, asOf);
    const before = await stateBefore(ports.derivation, record, timeframeMinutes, day);
    const { indicators, state } = computeIndicators(bars, settings.periods, before);
    rows.push([barsPath(timeframeMinutes, day), barRows(series, bars, indicators, settings)]);
    checkpoints.push({ series, timeframeMinutes, state });
    derived.push({ series: record, timeframeMinutes, day, bars, indicators });
  }
  return { rows, checkpoints, coverage: { series, day, coverage }, bars: derived };
}

/**
 * The indicator state that the day begins with. A day before it without a checkpoint is still to be derived: its commit changes the
 * checkpoint and so brings this day back.
 */
async function stateBefore(
  derivation: DerivationStore,
  record: SeriesRecord,
  timeframeMinutes: number,
  day: EpochMs,
) {
  if (startOfDay(record.firstSlot!) === day) return INITIAL_INDICATOR_STATE;
  const { market, symbol, interval } = record;
  const state = await derivation.readCheckpoint({ market, symbol, interval }, timeframeMinutes, day - DAY_MS);
  return state ?? INITIAL_INDICATOR_STATE;
}
