import type { IndicatorState } from '../../domain/bars/indicators.ts';
import { withQuietRest } from '../../domain/bars/openBar.ts';
import { type DaySlots, SlotState, slotsUntil } from '../../domain/slots/slots.ts';
import { candleRows } from '../../lake/rows.ts';
import type { LakeTable, SeriesRecord } from '../../ports.ts';
import type { LakeSettings } from '../../settings/lakeSettings.ts';
import type { ReplayEvent, StreamCandle } from '../live/streamEvents.ts';
import { rowOfTable } from '../tableRows.ts';
import { createBarReplay } from './replayBars.ts';

/** Follows the candles and bars of one series, slot by slot. */
export interface SeriesReplay {
  /** Goes on to the next session. */
  startDay(slots: DaySlots): void;
  /** The events at the close of the next slot of the session: its candle, then its bars by timeframe. */
  closeSlot(): readonly ReplayEvent[];
}

export interface SeriesReplayOptions {
  readonly record: SeriesRecord;
  readonly settings: LakeSettings;
  /** The timeframes, with the indicators after the last bar before the first session. */
  readonly timeframes: ReadonlyMap<number, IndicatorState>;
}

interface Session {
  readonly slots: DaySlots;
  readonly candles: LakeTable;
}

export function createSeriesReplay({ record, settings, timeframes }: SeriesReplayOptions): SeriesReplay {
  const bars = Array.from(timeframes, ([timeframeMinutes, before]) =>
    createBarReplay({ record, settings, timeframeMinutes }, before),
  );
  let session: Session | null = null;
  let closed = 0;
  let candleCount = 0;

  function candleEvents({ slots, candles }: Session, time: number): readonly ReplayEvent[] {
    const state = slots.state[closed];
    if (state !== SlotState.final && state !== SlotState.provisional) return [];
    const row = rowOfTable(candles, candleCount++);
    const { symbol, interval } = record;
    return [{ name: 'candle', time, data: { ...row, symbol, interval } as unknown as StreamCandle }];
  }

  return {
    startDay(slots) {
      session = { slots, candles: candleRows(record, slots) };
      closed = 0;
      candleCount = 0;
    },
    closeSlot() {
      const { slots } = session!;
      const time = slots.day + (closed + 1) * slots.intervalMs;
      const candle = candleEvents(session!, time);
      closed += 1;
      const shown = withQuietRest(slotsUntil(slots, closed));
      return [...candle, ...bars.flatMap((one) => one.closeSlot(shown, time))];
    },
  };
}
