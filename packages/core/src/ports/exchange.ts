import type { CandleUpdate, CandleValues, Market, Series } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';

/** Our estimate of the exchange's time. */
export interface ExchangeClock {
  now(): EpochMs;
}

/** The exchange's time with what is known of its reliability. */
export interface SyncedExchangeClock extends ExchangeClock {
  /**
   * Whether `now` can be relied on: it was synced with the exchange, and the machine's clock has not jumped
   * since. While it is not, nothing becomes final and the watermark stands still.
   */
  isSynced(): boolean;
  /** Notes the open time of a candle that the exchange has just shown: it confirms a server time. */
  shown(openTime: EpochMs): void;
  /** The newest open time that was shown while the time was reliable; null before the first. */
  newestShown(): EpochMs | null;
}

/** The request budget serves live requests first, and keeps a share for background requests. */
export type RequestPriority = 'live' | 'background';

export interface HistoryRequest {
  readonly series: Series;
  /**
   * Open times from `from` (inclusive) to `to` (exclusive); at most MAX_HISTORY_ROWS slots unless it is a
   * probe.
   */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly priority: RequestPriority;
}

/** A row of history; the candle may still be open. */
export interface HistoryRow extends CandleValues {
  readonly openTime: EpochMs;
}

export interface HistoryPage {
  /** Exchange time when the request was sent. */
  readonly observed: EpochMs;
  /**
   * Ascending by open time, one per slot, on the grid, inside the requested range; the newest may be the open
   * candle.
   */
  readonly rows: readonly HistoryRow[];
  /**
   * Open times of slots of the range, ascending and unique, in which the answer held refused rows only: the
   * slot that the row's time falls into, also when that time is off the grid. A refused row without a
   * readable time may belong to any slot that has no row, so all of them are listed (of a probe the newest
   * MAX_HISTORY_ROWS). Such a slot is not proved to be empty.
   */
  readonly unreadable: readonly EpochMs[];
}

export interface Contract {
  readonly symbol: string;
  /** Decimals of a price. */
  readonly pricePrecision: number | null;
  readonly launchTime: EpochMs | null;
}

/**
 * The REST source. Throws RetryableError (the request may work later) or BadDataError (it can never work).
 */
export interface History {
  /** The market whose symbols it reads. */
  readonly market: Market;
  read(request: HistoryRequest, signal: AbortSignal): Promise<HistoryPage>;
  contracts(signal: AbortSignal): Promise<readonly Contract[]>;
  /** Measures the offset between the process clock and the exchange's. */
  syncClock(signal: AbortSignal): Promise<void>;
  /** How many reads are worth having under way at once, by the pace of now; 1 when left out. */
  readonly concurrency?: () => number;
}

export type MarketStreamEvent =
  | { readonly kind: 'connected'; readonly connection: number; readonly symbols: readonly string[] }
  | {
      readonly kind: 'disconnected';
      readonly connection: number;
      readonly symbols: readonly string[];
      readonly reason: string;
      readonly retryInMs: number;
    }
  /** A frame without a candle (a ping, an answer) arrived: the connection is alive. */
  | { readonly kind: 'heartbeat'; readonly connection: number; readonly receivedAt: EpochMs }
  | {
      readonly kind: 'update';
      readonly connection: number;
      readonly receivedAt: EpochMs;
      readonly update: CandleUpdate;
    }
  /** The exchange refused the subscription of a symbol; it is requested again now and then. */
  | { readonly kind: 'rejected'; readonly symbol: string; readonly code: number; readonly message: string }
  /** A subscription that was refused before is acknowledged. */
  | { readonly kind: 'accepted'; readonly symbol: string };

/**
 * The WebSocket source. `receivedAt` is exchange time. The iterable ends when the signal aborts; leaving the
 * loop closes the sockets first.
 */
export interface MarketStream {
  events(
    symbols: readonly string[],
    interval: Interval,
    signal: AbortSignal,
  ): AsyncIterable<MarketStreamEvent>;
}
