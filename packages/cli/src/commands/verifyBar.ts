import {
  aggregateBars,
  BAR_STATUSES,
  barAt,
  buildDaySlots,
  type Clock,
  type EpochMs,
  type Series,
  type Settings,
  SlotState,
  type StoredDay,
  startOfDay,
} from '@candlelake/core';
import type { SqliteStore } from '../adapters/sqliteStore.ts';
import { type BarCheck, barCheckLines } from '../output/barCheck.ts';
import type { Lines } from '../output/lines.ts';
import { hasStore, openStore } from '../wire.ts';

/** Names the bar of each symbol and timeframe that holds an instant, with its candles and, where the store has them, their values beside the bar's. */
export async function verifyBar(
  settings: Settings,
  time: EpochMs,
  { lines, clock }: { readonly lines: Lines; readonly clock: Clock },
): Promise<void> {
  const { output, symbols, timeframes, interval, logFormat } = settings;
  const store = hasStore(output) ? openStore({ ...settings, clock }) : null;
  try {
    if (!store) lines.write(`no store in ${output}: the grid alone`);
    for (const symbol of symbols) {
      for (const timeframeMinutes of timeframes) {
        const series: Series = { market: 'swap', symbol, interval };
        const check = await checkBar(store, { series, timeframeMinutes, time });
        const text = logFormat === 'json' ? [JSON.stringify(check)] : barCheckLines(check);
        for (const line of text) lines.write(line);
      }
    }
  } finally {
    store?.close();
  }
}

interface BarQuestion {
  readonly series: Series;
  readonly timeframeMinutes: number;
  readonly time: EpochMs;
}

const NOTHING: StoredDay = { candles: [], absences: [] };

/** What the store knows of the bar, by the same code that derives the lake. */
async function checkBar(
  store: SqliteStore | null,
  { series, timeframeMinutes, time }: BarQuestion,
): Promise<BarCheck> {
  const { symbol, interval } = series;
  const span = barAt(time, timeframeMinutes);
  const day = startOfDay(time);
  const stored = (await store?.readDay(series, day)) ?? NOTHING;
  const known = (await store?.listSeries())?.find(
    (one) => one.symbol === symbol && one.interval === interval,
  );
  const asOf = (await store?.readAsOf()) ?? 0;
  const launchTime = known?.launchTime ?? null;
  const firstAvailable = known?.historyStart.firstAvailable ?? null;
  const slots = buildDaySlots({ interval, day, stored, launchTime, firstAvailable, asOf });
  const bars = aggregateBars(slots, timeframeMinutes, asOf);
  const row = bars.barIndex.indexOf(span.index);
  const candles = new Map(stored.candles.map((candle) => [candle.openTime, candle]));
  const from = (span.openTime - day) / slots.intervalMs;
  const to = (span.closeTime - day) / slots.intervalMs;
  return {
    ...span,
    symbol,
    interval,
    timeframeMinutes,
    candles: Array.from({ length: to - from }, (_, offset) => {
      const openTime = span.openTime + offset * slots.intervalMs;
      const values = candles.get(openTime) ?? null;
      const state = store ? stateName(slots.state[from + offset]!) : '-';
      return { openTime, state: values?.status ?? state, values };
    }),
    values: row < 0 ? null : barValues(bars, row),
  };
}

function barValues(bars: ReturnType<typeof aggregateBars>, row: number): NonNullable<BarCheck['values']> {
  return {
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
    candleCount: bars.candleCount[row]!,
    expectedCount: bars.expectedCount[row]!,
    status: BAR_STATUSES[bars.status[row]!]!,
  };
}

function stateName(state: number): string {
  const [name = ''] = Object.entries(SlotState).find(([, code]) => code === state) ?? [];
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
