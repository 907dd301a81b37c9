import type { CandleValues, EpochMs, History, HistoryRequest, HistoryRow, Market } from '@candlelake/core';
import { intervalMs, MAX_HISTORY_ROWS } from '@candlelake/core';

export interface FakeHistoryOptions {
  /** Default: swap. */
  readonly market?: Market;
  readonly now: () => EpochMs;
  /** The candle of a slot; null for none. */
  readonly valuesAt: (openTime: EpochMs) => CandleValues | null;
  /** Start of the history. */
  readonly start?: () => EpochMs;
}

export interface FakeHistory extends History {
  readonly requests: HistoryRequest[];
  /** Whether the row of a slot can't be read. */
  isUnreadable: ((openTime: EpochMs) => boolean) | null;
  /** Replaces the rows of each following answer; null leaves an answer unchanged. */
  tamper: ((request: HistoryRequest, rows: readonly HistoryRow[]) => readonly HistoryRow[] | null) | null;
}

/**
 * History as recorded: half-open ranges, the open candle as the newest row, the newest 1000 rows of a wider
 * range (docs/bingx.md, "REST candles").
 */
export function createFakeHistory({
  market = 'swap',
  now,
  valuesAt,
  start = () => 0,
}: FakeHistoryOptions): FakeHistory {
  const requests: HistoryRequest[] = [];
  const fake: FakeHistory = {
    market,
    requests,
    isUnreadable: null,
    tamper: null,
    async read(request) {
      requests.push(request);
      const lengthMs = intervalMs(request.series.interval);
      const rows: HistoryRow[] = [];
      const newest = Math.min(request.to - 1, now());
      for (let open = Math.floor(newest / lengthMs) * lengthMs; open >= request.from; open -= lengthMs) {
        const values = open >= start() ? valuesAt(open) : null;
        if (values) rows.push({ openTime: open, ...values });
        if (rows.length === MAX_HISTORY_ROWS || open < start()) break;
      }
      rows.reverse();
      const isUnreadable = ({ openTime }: HistoryRow) => fake.isUnreadable?.(openTime) ?? false;
      const unreadable = rows.filter(isUnreadable).map(({ openTime }) => openTime);
      const readable = rows.filter((row) => !isUnreadable(row));
      return { observed: now(), rows: fake.tamper?.(request, readable) ?? readable, unreadable };
    },
    contracts: async () => [{ symbol: 'BTC-USDT', pricePrecision: 1, launchTime: null }],
    syncClock: async () => {},
  };
  return fake;
}

/** Values that differ from slot to slot, so that a candle in the wrong slot is noticed. */
export function plainValues(openTime: EpochMs): CandleValues {
  const minute = Math.floor(openTime / 60_000);
  const open = 100 + (minute % 50);
  return {
    open: `${open}`,
    high: `${open + 3}`,
    low: `${open - 2}`,
    close: `${open + 1}`,
    volume: `${1 + (minute % 7)}.5`,
  };
}
