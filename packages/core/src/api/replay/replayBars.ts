import { aggregateBar, BAR_STATUSES, type BarColumns } from '../../domain/bars/bars.ts';
import { type Crossover, crossoversOf } from '../../domain/bars/crossovers.ts';
import {
  computeIndicators,
  type IndicatorColumns,
  type IndicatorState,
} from '../../domain/bars/indicators.ts';
import type { DaySlots } from '../../domain/slots/slots.ts';
import { barAt } from '../../domain/time/session.ts';
import type { EpochMs } from '../../domain/time/time.ts';
import { formatTimeframe } from '../../domain/time/timeframe.ts';
import { barRows } from '../../lake/rows.ts';
import type { SeriesRecord } from '../../ports.ts';
import type { LakeSettings } from '../../settings/lakeSettings.ts';
import type { ReplayEvent } from '../live/streamEvents.ts';
import type { LiveBar } from '../shapes.ts';
import { rowsOfTable } from '../tableRows.ts';

/** The bars that are replayed. */
export interface BarTopic {
  readonly record: SeriesRecord;
  readonly settings: LakeSettings;
  readonly timeframeMinutes: number;
}

/** Follows the bars of one series and timeframe, slot by slot. */
export interface BarReplay {
  /**
   * The events at the close of a slot, `time`: the short bar that was held back, the bar that has closed with
   * its crossover, or the open bar if it has changed. `slots` is the session as it was then, the rest quiet.
   */
  closeSlot(slots: DaySlots, time: EpochMs): readonly ReplayEvent[];
}

interface ComputedBar {
  readonly bars: BarColumns;
  readonly indicators: IndicatorColumns;
  /** The indicators after it. */
  readonly state: IndicatorState;
}

const SHORT = BAR_STATUSES.indexOf('short');

/** Starts after the bar that `before` belongs to. */
export function createBarReplay(topic: BarTopic, before: IndicatorState): BarReplay {
  const { settings, timeframeMinutes } = topic;
  let state = before;
  let held: readonly LiveBar[] = [];
  let shown = '';

  function close(computed: ComputedBar, time: EpochMs): readonly ReplayEvent[] {
    state = computed.state;
    shown = '';
    const rows = liveBars(topic, computed, false);
    if (computed.bars.status[0] === SHORT) {
      held = rows;
      return [];
    }
    return [...barEvents(rows, time), ...crossoverEvents(topic, computed, time)];
  }

  function open(computed: ComputedBar, time: EpochMs): readonly ReplayEvent[] {
    const rows = liveBars(topic, computed, true);
    const text = JSON.stringify(rows);
    if (text === shown) return [];
    shown = text;
    return barEvents(rows, time);
  }

  return {
    closeSlot(slots, time) {
      const released = barEvents(held, time);
      held = [];
      const bar = barAt(time - 1, timeframeMinutes);
      const bars = aggregateBar(slots, timeframeMinutes, bar.index);
      const computed = { bars, ...computeIndicators(bars, settings.periods, state) };
      const events = time === bar.closeTime ? close(computed, time) : open(computed, time);
      return [...released, ...events];
    },
  };
}

function liveBars({ record, settings, timeframeMinutes }: BarTopic, computed: ComputedBar, isOpen: boolean) {
  const rows = rowsOfTable(barRows(record, computed.bars, computed.indicators, settings));
  const names = { symbol: record.symbol, timeframe: formatTimeframe(timeframeMinutes) };
  return rows.map((row) => ({ ...row, is_open: isOpen, ...names }) as unknown as LiveBar);
}

function barEvents(rows: readonly LiveBar[], time: EpochMs): readonly ReplayEvent[] {
  return rows.map((data) => ({ name: 'bar', time, data }));
}

/** The first notice of each crossover. A bar that is not complete has none. */
function crossoverEvents(
  { record, settings, timeframeMinutes }: BarTopic,
  { bars, indicators }: ComputedBar,
  time: EpochMs,
): readonly ReplayEvent[] {
  if (!settings.writeMa) return [];
  return crossoversOf({ series: record, timeframeMinutes, bars, indicators })
    .filter(({ status }: Crossover) => status === 'complete')
    .map((crossover) => ({ name: 'crossover', time, data: { ...crossover, state: 'crossed', sequence: 1 } }));
}
