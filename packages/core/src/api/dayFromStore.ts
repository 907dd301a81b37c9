import { aggregateBars } from '../domain/bars/bars.ts';
import {
  computeIndicators,
  INITIAL_INDICATOR_STATE,
  type IndicatorState,
} from '../domain/bars/indicators.ts';
import { aggregateWithOpen } from '../domain/bars/openBar.ts';
import type { CandleUpdate } from '../domain/candle/candle.ts';
import { buildDaySlots, type DayInput } from '../domain/slots/slots.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { barRows } from '../lake/rows.ts';
import type { SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import type { ApiPorts } from './ports.ts';
import type { BarRow } from './shapes.ts';
import { rowsOfTable } from './tableRows.ts';

/** The series and timeframe whose bars are computed, and what is known of its open candle. */
export interface BarSource {
  readonly record: SeriesRecord;
  readonly settings: LakeSettings;
  readonly timeframeMinutes: number;
  /** The end of the newest closed slot. */
  readonly closedUntil: EpochMs;
  /** The last update of the open candle; null when none has arrived. */
  readonly update: CandleUpdate | null;
}

/** The bars of a day, computed from the store by the laws that derive the lake. */
export interface ComputedDay {
  /** The bars that the lake gets when it is derived up to `closedUntil`. */
  readonly closed: readonly BarRow[];
  readonly open: BarRow | null;
}

type StorePorts = Pick<ApiPorts, 'candles' | 'derivation'>;

/** The day's slots follow from this. */
export async function readDayInput(
  { candles }: Pick<ApiPorts, 'candles'>,
  { market, symbol, interval, launchTime, historyStart }: SeriesRecord,
  { day, asOf }: { readonly day: EpochMs; readonly asOf: EpochMs },
): Promise<DayInput> {
  const stored = await candles.readDay({ market, symbol, interval }, day);
  return { interval, day, stored, launchTime, firstAvailable: historyStart.firstAvailable, asOf };
}

export async function computeDayBars(
  ports: StorePorts,
  source: BarSource,
  day: EpochMs,
): Promise<ComputedDay> {
  const { record, settings, timeframeMinutes, closedUntil, update } = source;
  const input = await readDayInput(ports, record, { day, asOf: closedUntil });
  const before = await readStateBefore(ports, source, { day, depth: MAX_MARKED_DAYS });
  const rowsOf = (bars: ReturnType<typeof aggregateBars>) => {
    const { indicators } = computeIndicators(bars, settings.periods, before);
    return rowsOfTable(barRows(record, bars, indicators, settings)) as unknown as readonly BarRow[];
  };
  const closed = rowsOf(aggregateBars(buildDaySlots(input), timeframeMinutes, closedUntil));
  const withOpen = rowsOf(aggregateWithOpen({ ...input, update }, timeframeMinutes));
  const newest = withOpen.at(-1);
  const open = newest && newest.close_time > closedUntil ? { ...newest, is_open: true } : null;
  return { closed: closed.map((row) => ({ ...row, is_open: false })), open };
}

/**
 * How many marked days before a day are computed too, because their checkpoints may be out of date. Yesterday
 * is marked after midnight; more are while a backfill runs, whose bars come again.
 */
const MAX_MARKED_DAYS = 2;

/** The indicators after the last bar before a day. */
async function readStateBefore(
  ports: StorePorts,
  source: BarSource,
  { day, depth }: { readonly day: EpochMs; readonly depth: number },
): Promise<IndicatorState> {
  const { record, settings, timeframeMinutes, closedUntil } = source;
  if (record.firstSlot === null || startOfDay(record.firstSlot) >= day) return INITIAL_INDICATOR_STATE;
  const yesterday = day - DAY_MS;
  if (depth > 0 && (await ports.derivation.readMark(yesterday)) !== null) {
    const input = await readDayInput(ports, record, { day: yesterday, asOf: closedUntil });
    const bars = aggregateBars(buildDaySlots(input), timeframeMinutes, closedUntil);
    const before = await readStateBefore(ports, source, { day: yesterday, depth: depth - 1 });
    return computeIndicators(bars, settings.periods, before).state;
  }
  const { market, symbol, interval } = record;
  const stored = await ports.derivation.readCheckpoint(
    { market, symbol, interval },
    timeframeMinutes,
    yesterday,
  );
  return stored ?? INITIAL_INDICATOR_STATE;
}
