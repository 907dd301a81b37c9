import { aggregateBars } from '../domain/bars/bars.ts';
import { computeIndicators, INITIAL_INDICATOR_STATE } from '../domain/bars/indicators.ts';
import { coverageOf } from '../domain/slots/coverage.ts';
import { nextLookOfDay } from '../domain/slots/laterLook.ts';
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
  FoundCrossover,
  LakeTable,
  SeriesRecord,
} from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { findCrossovers } from './findCrossovers.ts';

/** What the rows of a day depend on, besides its candles and checkpoints. */
export interface DayContext {
  readonly settings: LakeSettings;
  readonly day: EpochMs;
  readonly asOf: EpochMs;
}

interface SeriesPorts {
  readonly candles: Pick<CandleStore, 'readDay' | 'revisions'>;
  readonly derivation: Pick<DerivationStore, 'readCheckpoint'>;
}

/** Everything that follows from the store for one series and day. */
export interface SeriesRows {
  /** The rows of this series in each object, by path. */
  readonly rows: readonly (readonly [path: string, rows: LakeTable])[];
  readonly checkpoints: readonly CheckpointRecord[];
  readonly coverage: DayCommit['coverage'][number];
  /** One for each timeframe. */
  readonly bars: readonly DerivedBars[];
  readonly crossovers: readonly FoundCrossover[];
}

/**
 * Whether a series has rows on a day: it has the recorded interval, and its first slot is not after that day.
 */
export function isInLake({ interval, firstSlot }: SeriesRecord, { settings, day }: DayContext): boolean {
  return interval === settings.interval && firstSlot !== null && startOfDay(firstSlot) <= day;
}

/**
 * Computes slots, bars, indicators and coverage of one series and day. Apart from reading the store, a pure
 * function.
 */
export async function computeSeries(
  ports: SeriesPorts,
  record: SeriesRecord,
  context: DayContext,
): Promise<SeriesRows> {
  const { settings, day, asOf } = context;
  const { market, symbol, interval, launchTime } = record;
  const series = { market, symbol, interval };
  const stored = await ports.candles.readDay(series, day);
  const { firstAvailable } = record.historyStart;
  const slots = buildDaySlots({ interval, day, stored, launchTime, firstAvailable, asOf });
  const coverage = coverageOf(slots);
  const nextLook = nextLookOfDay(stored, { launchTime, firstAvailable });
  const rows: [string, LakeTable][] = [
    [candlesPath(interval, day), candleRows(series, slots)],
    [coveragePath(interval, day), coverageRow(series, coverage)],
  ];
  const checkpoints: CheckpointRecord[] = [];
  const allBars: DerivedBars[] = [];
  for (const timeframeMinutes of settings.timeframes) {
    const bars = aggregateBars(slots, timeframeMinutes, asOf);
    const before = await indicatorStateBefore(ports.derivation, record, timeframeMinutes, day);
    const { indicators, state } = computeIndicators(bars, settings.periods, before);
    rows.push([barsPath(timeframeMinutes, day), barRows(series, bars, indicators, settings)]);
    checkpoints.push({ series, timeframeMinutes, state });
    allBars.push({ series: record, timeframeMinutes, day, bars, indicators });
  }
  const crossovers = settings.writeMa
    ? await findCrossovers(ports.candles, { record, stored, bars: allBars })
    : [];
  return { rows, checkpoints, coverage: { series, day, coverage, nextLook }, bars: allBars, crossovers };
}

/**
 * The indicator state that the day begins with. When the day before has no checkpoint yet, it is marked; its
 * commit stores a new checkpoint and so marks this day again.
 */
async function indicatorStateBefore(
  derivation: SeriesPorts['derivation'],
  record: SeriesRecord,
  timeframeMinutes: number,
  day: EpochMs,
) {
  if (startOfDay(record.firstSlot!) === day) return INITIAL_INDICATOR_STATE;
  const { market, symbol, interval } = record;
  const state = await derivation.readCheckpoint({ market, symbol, interval }, timeframeMinutes, day - DAY_MS);
  return state ?? INITIAL_INDICATOR_STATE;
}
