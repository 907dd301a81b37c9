import type { Candle, CandleStore, DerivationStore, EpochMs } from '@candlelake/core';
import { type QueryId, savedQueries } from '../../infra/queries.ts';
import { lakeSettings } from './lakeSettings.ts';
import type { Row } from './readParquet.ts';
import { swapSeries } from './swapSeries.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SLOT = HOUR / 4;
/** One day more than the longest saved query looks back. */
const DAYS_BEFORE = 31;
/** The slot of each day that ETH-USDT has no candle of. */
const MISSING_SLOT = 5;

export const QUERY_SETTINGS = lakeSettings({ interval: '15m', timeframes: [60] });
export const QUERIES = savedQueries({ interval: '15m', timeframe: '60m' });
/** The rows of every saved query. */
export type QueryAnswers = Readonly<Record<QueryId, readonly Row[]>>;

/** How many days before today each query reads, by its description. */
export const DAYS_BACK: Readonly<Record<QueryId, number>> = {
  LastBars: 1,
  Crossovers: 30,
  Gaps: 30,
  Completeness: 30,
  DailyCandles: 7,
  DailyRange: 30,
  VolatilityByHour: 30,
};

/** The UTC dates from `days` before that of `now` to that of `now`. */
export function datesUntil(now: EpochMs, days: number): readonly string[] {
  return Array.from({ length: days + 1 }, (_, index) =>
    new Date(now - (days - index) * DAY).toISOString().slice(0, 10),
  );
}

type UndatedQuery = 'Completeness' | 'VolatilityByHour';

/** Whether the rows of a query are of one date each. */
export function isDated(id: QueryId): id is Exclude<QueryId, UndatedQuery> {
  return id !== 'Completeness' && id !== 'VolatilityByHour';
}

/** The UTC dates that the rows of a query are of, in ascending order. */
export function datesIn(id: Exclude<QueryId, UndatedQuery>, rows: readonly Row[]): readonly string[] {
  const dates = rows.map(({ date, open_time, close_time }) => {
    if (date !== undefined) return String(date);
    return new Date(id === 'LastBars' ? Number(open_time) : Number(close_time) - 1)
      .toISOString()
      .slice(0, 10);
  });
  return [...new Set(dates)].sort();
}

/** The UTC dates that the lake of {@link fillStore} has. */
export function lakeDates(asOf: EpochMs): readonly string[] {
  return datesUntil(asOf, DAYS_BEFORE);
}

/**
 * Fills an empty store with a month of two symbols up to `asOf`. The averages cross several times a day, and
 * each day of ETH-USDT has a hole.
 */
export async function fillStore(
  store: Pick<CandleStore & DerivationStore, 'merge' | 'writeSettings' | 'advanceAsOf'>,
  asOf: EpochMs,
): Promise<void> {
  const from = Math.floor(asOf / DAY - DAYS_BEFORE) * DAY;
  const slots = Array.from({ length: Math.floor((asOf - from) / SLOT) }, (_, index) => from + index * SLOT);
  const withHole = slots.filter((slot) => (slot % DAY) / SLOT !== MISSING_SLOT);
  await store.writeSettings(QUERY_SETTINGS);
  await store.merge([
    { series: swapSeries('BTC-USDT', '15m'), candles: slots.map((slot) => candleAt(slot, 64_000)) },
    { series: swapSeries('ETH-USDT', '15m'), candles: withHole.map((slot) => candleAt(slot, 3_000)) },
  ]);
  await store.advanceAsOf(asOf);
}

/** A price that swings with a period of nine hours, and a volume with two decimals. */
function candleAt(openTime: EpochMs, base: number): Candle {
  const price = base * (1 + Math.sin((openTime / (9 * HOUR)) * 2 * Math.PI) / 50);
  const text = (value: number) => String(Number(value.toFixed(2)));
  return {
    openTime,
    open: text(price),
    high: text(price * 1.002),
    low: text(price * 0.997),
    close: text(price * (1 + ((openTime / SLOT) % 5) / 10_000)),
    volume: text(1 + ((openTime / SLOT) % 97) / 7),
    status: 'final',
    source: 'history',
    observed: openTime + DAY,
  };
}
