import { INITIAL_INDICATOR_STATE, type IndicatorState } from '../../domain/bars/indicators.ts';
import type { Market } from '../../domain/candle/candle.ts';
import { buildDaySlots } from '../../domain/slots/slots.ts';
import { type Interval, intervalMs } from '../../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../../domain/time/time.ts';
import { formatTimeframe } from '../../domain/time/timeframe.ts';
import { ConfigError } from '../../errors.ts';
import type { CandleStore, DerivationStore, SeriesRecord } from '../../ports.ts';
import type { LakeSettings } from '../../settings/lakeSettings.ts';
import { readLake } from '../answer.ts';
import { readDayInput } from '../dayFromStore.ts';
import type { ReplayEvent } from '../live/streamEvents.ts';
import { createSeriesReplay, type SeriesReplay } from './replaySeries.ts';

/** What a replay reads. Nothing is written. */
export interface ReplayPorts {
  readonly candles: Pick<CandleStore, 'listSeries' | 'readDay'>;
  readonly derivation: Pick<DerivationStore, 'readSettings' | 'readAsOf' | 'dirtyDays' | 'readCheckpoint'>;
}

/** What is replayed; null or left out: all that the store has. */
export interface ReplayOptions {
  /** Default: swap. */
  readonly market?: Market;
  readonly symbols?: readonly string[] | null;
  /** In minutes; timeframes of the lake. */
  readonly timeframes?: readonly number[] | null;
  /** Slots that open in [from, to), epoch ms. */
  readonly from?: EpochMs | null;
  readonly to?: EpochMs | null;
}

interface ReplayPlan {
  readonly settings: LakeSettings;
  /** By market and symbol. */
  readonly records: readonly SeriesRecord[];
  readonly timeframes: readonly number[];
  readonly from: EpochMs;
  /** The end of the last slot. */
  readonly until: EpochMs;
  /** The first session that is read: the events until `from` are left out. */
  readonly firstDay: EpochMs;
}

/**
 * The stored candles as events, in the order in which a live stream would have sent them: by time; at one
 * instant by symbol, of each symbol the candle first, then the bars by timeframe. Reads one UTC day of all
 * symbols at a time. Throws ConfigError for a symbol or timeframe that the store does not have.
 */
export async function* replay(
  ports: ReplayPorts,
  options: ReplayOptions = {},
): AsyncGenerator<ReplayEvent, void> {
  const plan = await planReplay(ports, options);
  const { settings, records, from, until, firstDay } = plan;
  const slotMs = intervalMs(settings.interval);
  const followed = new Map<SeriesRecord, SeriesReplay>();
  for (let day = firstDay; day < until; day += DAY_MS) {
    for (const record of records) {
      if (startOfDay(record.firstSlot!) > day) continue;
      const series = followed.get(record) ?? (await startSeries(ports, plan, { record, day }));
      followed.set(record, series);
      series.startDay(buildDaySlots(await readDayInput(ports, record, { day, asOf: until })));
    }
    const inOrder = records.flatMap((record) => followed.get(record) ?? []);
    for (let time = day + slotMs; time <= Math.min(until, day + DAY_MS); time += slotMs) {
      for (const series of inOrder) {
        const events = series.closeSlot();
        if (time > from) yield* events;
      }
    }
  }
}

async function planReplay(ports: ReplayPorts, options: ReplayOptions): Promise<ReplayPlan> {
  const { market = 'swap' } = options;
  const { settings, series } = await readLake({ ...ports, market });
  const records = chosenSeries(series, options.symbols ?? null);
  const timeframes = chosenTimeframes(settings, options.timeframes ?? null);
  const asOf = await ports.derivation.readAsOf();
  const from = firstOpenTime(options.from ?? Number.NEGATIVE_INFINITY, settings.interval);
  const until = Math.min(asOf, firstOpenTime(options.to ?? asOf, settings.interval));
  const firstSlot = Math.min(...records.map((record) => record.firstSlot!));
  // A short bar of the day before is released within the window.
  const wanted = startOfDay(Math.max(firstSlot, from)) - DAY_MS;
  const firstDay = Math.max(startOfDay(firstSlot), await lastSettledStart(ports, wanted));
  return { settings, records, timeframes, from, until, firstDay };
}

/** The open time of the first slot that does not open before an instant. */
function firstOpenTime(time: number, interval: Interval): number {
  return Math.ceil(time / intervalMs(interval)) * intervalMs(interval);
}

/** The newest day up to `day` that all days before it are derived: its indicators start from a checkpoint. */
async function lastSettledStart({ derivation }: ReplayPorts, day: EpochMs): Promise<EpochMs> {
  const [oldest] = await derivation.dirtyDays();
  return Math.min(day, oldest?.day ?? day);
}

/** The series of the symbols that have a candle. */
function chosenSeries(
  series: readonly SeriesRecord[],
  symbols: readonly string[] | null,
): readonly SeriesRecord[] {
  const unknown = symbols?.find((symbol) => series.every((record) => record.symbol !== symbol));
  if (unknown !== undefined) throw new ConfigError(`symbol "${unknown}": not in the store`);
  return series.filter(({ symbol, firstSlot }) => firstSlot !== null && (symbols?.includes(symbol) ?? true));
}

function chosenTimeframes({ timeframes }: LakeSettings, asked: readonly number[] | null): readonly number[] {
  const unknown = asked?.find((minutes) => !timeframes.includes(minutes));
  if (unknown === undefined)
    return asked === null ? timeframes : timeframes.filter((one) => asked.includes(one));
  const expected = `one of ${timeframes.map(formatTimeframe).join(', ')}`;
  throw new ConfigError(
    `timeframe "${formatTimeframe(unknown)}": the lake does not have it, expected ${expected}`,
  );
}

interface SeriesStart {
  readonly record: SeriesRecord;
  /** The first session of the replay. */
  readonly day: EpochMs;
}

async function startSeries(
  { derivation }: ReplayPorts,
  { settings, timeframes }: ReplayPlan,
  { record, day }: SeriesStart,
): Promise<SeriesReplay> {
  const { market, symbol, interval, firstSlot } = record;
  const isFirst = startOfDay(firstSlot!) === day;
  const before = new Map<number, IndicatorState>();
  for (const minutes of timeframes) {
    const state = isFirst
      ? null
      : await derivation.readCheckpoint({ market, symbol, interval }, minutes, day - DAY_MS);
    before.set(minutes, state ?? INITIAL_INDICATOR_STATE);
  }
  return createSeriesReplay({ record, settings, timeframes: before });
}
