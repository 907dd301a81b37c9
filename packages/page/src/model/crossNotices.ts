import {
  type BarRow,
  type Crossover,
  type CrossoverNotice,
  crossoverId,
  formatInstant,
  MA_CROSSES,
  type Market,
  planNotices,
} from '@candlelake/core';
import { formatMinute, formatPrice, type TimeZone } from './format.ts';

export interface CrossNoticeInput {
  /** The market that the server keeps. */
  readonly market: Market;
  readonly symbol: string;
  readonly timeframe: string;
  readonly bars: readonly BarRow[];
  /** Open times of bars that came live, candle by candle, while the page was open. */
  readonly live: ReadonlySet<number>;
  /** The last notice of each crossover so far. */
  readonly known: readonly CrossoverNotice[];
}

/**
 * The notices of live bars by the law of alerts: complete bars only, the same id for an event for good, and a
 * retraction when a correction undoes one.
 */
export function crossNotices(input: CrossNoticeInput): readonly CrossoverNotice[] {
  const { market, symbol, timeframe, bars, live } = input;
  const known = input.known.filter((notice) => notice.symbol === symbol && notice.timeframe === timeframe);
  const from = bars[0]?.open_time ?? Number.POSITIVE_INFINITY;
  const found = bars
    .filter((bar) => !bar.is_open)
    .flatMap((bar) => {
      const isLive = bar.status === 'complete' && live.has(bar.open_time);
      return crossoverOf(bar, { market, symbol, timeframe }).map((crossover) => ({ crossover, isLive }));
    });
  // Notices of bars that are no longer loaded stay as they are.
  return planNotices({
    known: known.filter(({ openTime }) => Date.parse(openTime) >= from),
    found,
    since: 0,
  });
}

function crossoverOf(
  bar: BarRow,
  of: Pick<Crossover, 'market' | 'symbol' | 'timeframe'>,
): readonly Crossover[] {
  const kind = MA_CROSSES.find((name) => name === bar.ma_cross);
  if (!kind || bar.ma_short === null || bar.ma_long === null) return [];
  const openTime = formatInstant(bar.open_time);
  const name = { ...of, openTime, kind } as const;
  const values = { close: bar.close, maShort: bar.ma_short, maLong: bar.ma_long, status: bar.status };
  return [{ id: crossoverId(name), ...name, ...values, closeTime: bar.close_time }];
}

/** A notice as a title and a line. */
export function noticeText(
  { kind, state, symbol, timeframe, closeTime, close }: CrossoverNotice,
  { decimals, zone }: { decimals: number; zone: TimeZone },
): { readonly title: string; readonly line: string } {
  const name = kind === 'GOLDEN_CROSS' ? 'Golden cross' : 'Death cross';
  const what = state === 'crossed' ? name : `${name} taken back`;
  return {
    title: `${what}: ${symbol} ${timeframe}`,
    line: `bar until ${formatMinute(closeTime, zone)}, close ${formatPrice(close, decimals)}`,
  };
}
