import { join } from 'node:path';
import { type Candle, DAY_MS } from '@candlelake/core';
import { walkCandles } from '../../benchmarks/randomWalk.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { swapSeries } from '../support/swapSeries.ts';

/** Five years with a leap day. */
const DAYS = 1826;
/** Candles of one write: enough for speed, few enough for memory. */
const CHUNK = 20_000;

/** Writes five years of final 3m candles into a new store. Resolves with the end of the last one. */
export async function storeFiveYears(output: string, symbols: readonly string[]): Promise<number> {
  const columns = walkCandles(DAYS);
  const last = columns.openTime.at(-1)!;
  const end = Math.ceil(last / DAY_MS) * DAY_MS;
  const store = openSqliteStore(join(output, 'candles.sqlite'), { now: () => end });
  await store.writeSettings(lakeSettings());
  for (let from = 0; from < columns.openTime.length; from += CHUNK) {
    const length = Math.min(CHUNK, columns.openTime.length - from);
    const candles = Array.from({ length }, (_, index) => candleAt(columns, from + index));
    for (const symbol of symbols) await store.merge([{ series: swapSeries(symbol, '3m'), candles }]);
  }
  store.close();
  return end;
}

function candleAt(columns: ReturnType<typeof walkCandles>, index: number): Candle {
  const price = (column: Float64Array) => column[index]!.toFixed(1);
  const openTime = columns.openTime[index]!;
  return {
    openTime,
    ...{ open: price(columns.open), high: price(columns.high) },
    ...{ low: price(columns.low), close: price(columns.close), volume: columns.volume[index]!.toFixed(4) },
    ...{ status: 'final', source: 'history', observed: openTime + DAY_MS },
  };
}
