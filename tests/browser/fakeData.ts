import type { BarRow, CoverageRun, StatusAnswer, SymbolRow } from '@candlelake/core';
import { walkBars } from '../page/exampleBars.ts';
import type { FakeData } from './fakeServer.ts';

/** The end of the open bar of the fake data. */
export const END = Date.parse('2026-11-22T13:18Z');
const SLOT_MS = 180_000;

/** `count` bars of 21 minutes up to {@link END}; the last one is open and has five of its seven candles. */
export function fakeData(count: number): FakeData {
  const bars = walkBars(count, END);
  const now = END - 2 * SLOT_MS;
  const open = { ...bars.at(-1)!, is_open: true, status: 'provisional' as const, candle_count: 5 };
  return { bars: [...bars.slice(0, -1), open], runs: [], symbols: SYMBOLS, status: statusAt(now) };
}

/** The data with the bars of a gap taken out, and the run that says so. */
export function withGap(
  data: FakeData,
  from: number,
  to: number,
): { readonly bars: readonly BarRow[]; readonly runs: readonly CoverageRun[] } {
  const bars = data.bars.filter(({ open_time }) => open_time < from || open_time >= to);
  return { bars, runs: [{ from, to, state: 'missing' }] };
}

export function statusAt(now: number): StatusAnswer {
  return {
    ...{ state: 'connected', since: now - 3_600_000, message: 'live', healthy: true, lateness_ms: 4 },
    ...{ last_frame: now, last_repair: { at: now - 900_000, slots: 7 }, as_of: now - 6000 },
    ...{ backfill: null, now, version: '0.1.0' },
  };
}

/** As many symbols as the exchange lists. */
const SYMBOLS: readonly SymbolRow[] = [
  'BTC-USDT',
  'ETH-USDT',
  'DOGE-USDT',
  ...Array.from({ length: 597 }, (_, index) => `COIN${index}-USDT`),
].map((symbol) => ({
  ...{ symbol, market: 'swap', price_precision: symbol === 'DOGE-USDT' ? 5 : 1, state: 'live' as const },
  ...{ reason: null, first: null, last: null },
}));
