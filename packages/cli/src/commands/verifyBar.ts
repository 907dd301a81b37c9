import {
  aggregateBars,
  type BarSpan,
  barAt,
  buildDaySlots,
  type DaySlots,
  EMPTY_DAY,
  type EpochMs,
  type Series,
  type Settings,
  SlotState,
  type StoredDay,
  startOfDay,
} from '@candlelake/core';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import { barValuesAt } from '../output/bar.ts';
import { type BarDetail, barDetailLines } from '../output/barDetail.ts';
import type { Lines } from '../output/lines.ts';
import { openStoreForReading } from '../wire.ts';

/**
 * Shows the bar of each symbol and timeframe that contains an instant, with its candles and the values in the
 * store. Without a store only the times are shown.
 */
export async function verifyBar(settings: Settings, time: EpochMs, lines: Lines): Promise<void> {
  const { market, output, symbols, timeframes, interval, logFormat } = settings;
  const store = openStoreForReading(output);
  try {
    if (!store) lines.write(`no store in ${output}: only the times are known`);
    for (const symbol of symbols) {
      for (const timeframeMinutes of timeframes) {
        const series = { market, symbol, interval };
        const detail = await readDetail(store, { series, timeframeMinutes, time });
        const text = logFormat === 'json' ? [JSON.stringify(detail)] : barDetailLines(detail);
        for (const line of text) lines.write(line);
      }
    }
  } finally {
    store?.close();
  }
}

interface BarPlace {
  readonly series: Series;
  readonly timeframeMinutes: number;
  readonly time: EpochMs;
}

/** Builds the bar from the store with the code that derives the lake. */
async function readDetail(
  store: SqliteReader | null,
  { series, timeframeMinutes, time }: BarPlace,
): Promise<BarDetail> {
  const { symbol, interval } = series;
  const span = barAt(time, timeframeMinutes);
  const day = startOfDay(time);
  const stored = (await store?.readDay(series, day)) ?? EMPTY_DAY;
  const known = await store?.findSeries(series);
  const asOf = (await store?.readAsOf()) ?? 0;
  const launchTime = known?.launchTime ?? null;
  const firstAvailable = known?.historyStart.firstAvailable ?? null;
  const slots = buildDaySlots({ interval, day, stored, launchTime, firstAvailable, asOf });
  const bars = aggregateBars(slots, timeframeMinutes, asOf);
  const row = bars.barIndex.indexOf(span.index);
  return {
    ...span,
    symbol,
    interval,
    timeframeMinutes,
    candles: candlesOf(span, { stored, slots: store && slots, lengthMs: slots.intervalMs }),
    values: row < 0 ? null : barValuesAt(bars, row),
  };
}

interface DayOfBar {
  readonly stored: StoredDay;
  /** Null without a store: then no state is known. */
  readonly slots: DaySlots | null;
  readonly lengthMs: number;
}

function candlesOf(
  { openTime, closeTime }: BarSpan,
  { stored, slots, lengthMs }: DayOfBar,
): BarDetail['candles'] {
  const candles = new Map(stored.candles.map((candle) => [candle.openTime, candle]));
  const first = (openTime - startOfDay(openTime)) / lengthMs;
  return Array.from({ length: (closeTime - openTime) / lengthMs }, (_, offset) => {
    const slot = openTime + offset * lengthMs;
    const values = candles.get(slot) ?? null;
    const state = slots ? stateName(slots.state[first + offset]!) : '-';
    return { openTime: slot, state: values?.status ?? state, values };
  });
}

function stateName(state: number): string {
  const [name = ''] = Object.entries(SlotState).find(([, code]) => code === state) ?? [];
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
