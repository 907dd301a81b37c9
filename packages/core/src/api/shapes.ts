import type { BarStatus } from '../domain/bars/bars.ts';
import type { MA_CROSSES, TRENDS } from '../domain/bars/indicators.ts';
import type { Market } from '../domain/candle/candle.ts';
import type { CANDLE_SOURCES } from '../domain/slots/slots.ts';
import type { Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { ColumnDefinition, LAKE_TABLES, TableName } from '../lake/tables.ts';

/** The value of a column in JSON: timestamps are epoch ms. */
type Cell<C extends ColumnDefinition> =
  | (C['type'] extends 'string' ? string : number)
  | (C['nullable'] extends true ? null : never);

/** A row of a table of the lake in JSON; market and symbol are named once in the answer. */
type RowOf<T extends TableName> = {
  readonly [C in (typeof LAKE_TABLES)[T][number] as Exclude<C['name'], 'market' | 'symbol'>]: Cell<C>;
};

/** A row of the table `bars`. */
export interface BarRow extends Omit<RowOf<'bars'>, 'status' | 'ma_cross' | 'trend'> {
  readonly status: BarStatus;
  readonly ma_cross: (typeof MA_CROSSES)[number] | null;
  readonly trend: (typeof TRENDS)[number] | null;
  /** The bar has not closed yet: its values change with each update, and the lake does not have it. */
  readonly is_open: boolean;
}

/** A row of the table `candles`. */
export interface CandleRow extends Omit<RowOf<'candles'>, 'status' | 'source'> {
  readonly status: 'final' | 'provisional';
  readonly source: (typeof CANDLE_SOURCES)[number];
}

/** The answer of `GET /api/bars`. */
export interface BarsAnswer {
  readonly symbol: string;
  /** `21m`. */
  readonly timeframe: string;
  /** Oldest first. */
  readonly bars: readonly BarRow[];
  /** Asking with `to` at this instant gives the bars before these; null when there are none. */
  readonly next: EpochMs | null;
}

/** The answer of `GET /api/candles`. */
export interface CandlesAnswer {
  readonly symbol: string;
  readonly interval: Interval;
  /** Oldest first. */
  readonly candles: readonly CandleRow[];
  /** Asking with `to` at this instant gives the candles before these; null when there are none. */
  readonly next: EpochMs | null;
}

/** The states of slots that `GET /api/coverage` lists: all but final. */
export const RUN_STATES = ['missing', 'quiet', 'provisional', 'unavailable'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Neighbouring slots in one state: those that open in [from, to). */
export interface CoverageRun {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state: RunState;
}

/** The answer of `GET /api/coverage`. What no run names, from the first slot on, is final. */
export interface CoverageAnswer {
  readonly symbol: string;
  readonly interval: Interval;
  /** The stretch that the runs are of: the one asked for, from the first slot to the newest closed one. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Oldest first. */
  readonly runs: readonly CoverageRun[];
}

/**
 * How a symbol is kept: `live` by stream and history; `stored` is in the store and not kept by this run; the
 * others say why it is not kept as usual.
 */
export const SYMBOL_STATES = [
  'live',
  'stored',
  'delisted',
  'unlaunched',
  'refused',
  'closed',
  'rejected',
] as const;
export type SymbolState = (typeof SYMBOL_STATES)[number];

export interface SymbolRow {
  readonly symbol: string;
  readonly market: Market;
  /** Decimals of a price; null while unknown. */
  readonly price_precision: number | null;
  readonly state: SymbolState;
  /** Why the state is none of `live` and `stored`, in one line; null otherwise. */
  readonly reason: string | null;
  /** Open time of the first candle; null without candles. */
  readonly first: EpochMs | null;
  /** Close time of the newest slot that is known of; null without candles. */
  readonly last: EpochMs | null;
}

/** The answer of `GET /api/symbols`. */
export interface SymbolsAnswer {
  /** Sorted by symbol. */
  readonly symbols: readonly SymbolRow[];
  /** Ascending, as `/api/bars` takes them: `21m`. */
  readonly timeframes: readonly string[];
  readonly interval: Interval;
  /** Periods in bars; null when the lake leaves the indicator out. */
  readonly ma_short: number | null;
  readonly ma_long: number | null;
  readonly atr_period: number | null;
}

/** The connection to the exchange: `starting` before the first one was tried. */
export const LINK_STATES = ['starting', 'connected', 'disconnected'] as const;
export type LinkState = (typeof LINK_STATES)[number];

/** The answer of `GET /api/status`, and the data of the event `status`. */
export interface StatusAnswer {
  readonly state: LinkState;
  /** Start of the present state. */
  readonly since: EpochMs;
  /** What is going on, in one line: `backfilling: 3 of 6 requests, about 4 s`. */
  readonly message: string;
  /** The health check of `/health` passes. */
  readonly healthy: boolean;
  /** How long the last frame waited before it was processed, in ms; null before the first. */
  readonly lateness_ms: number | null;
  /** Exchange time of the last frame; null before the first. */
  readonly last_frame: EpochMs | null;
  /** The last time that history filled missing slots, and how many; null when it did not since the start. */
  readonly last_repair: { readonly at: EpochMs; readonly slots: number } | null;
  /** The lake has the slots and bars that close by it; null before the first derivation. */
  readonly as_of: EpochMs | null;
  /** The first backfill; null when it is not running. */
  readonly backfill: {
    readonly requests_done: number;
    /** Estimated while it runs. */
    readonly requests_total: number;
    readonly eta_s: number;
  } | null;
  /** Exchange time. */
  readonly now: EpochMs;
  /** Of candlelake. */
  readonly version: string;
}

/**
 * Why a closed bar is replaced: `filled` has more candles, `corrected` other prices or volume, `settled` the
 * same values with another status, `indicators` other indicators only.
 */
export const REVISION_REASONS = ['filled', 'corrected', 'settled', 'indicators'] as const;
export type RevisionReason = (typeof REVISION_REASONS)[number];

/** The data of the event `bar`: the open bar, or one that has just closed. */
export interface LiveBar extends BarRow {
  readonly symbol: string;
  readonly timeframe: string;
}

/** The data of the event `revised`: a closed bar that replaces the one with its open time. */
export interface LiveRevision extends LiveBar {
  readonly reason: RevisionReason;
}

/** The data of the event `stale`: bars of older days may have changed; ask `/api/bars` for them again. */
export interface LiveStale {
  readonly symbol: string;
  readonly timeframe: string;
  /** Bars that open in [from, to). */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** The data of the event `reset`: events were lost; load everything again. */
export interface LiveReset {
  readonly reason: string;
}

/** The events of `GET /api/live` by name, with their data. */
export interface LiveEvents {
  readonly bar: LiveBar;
  readonly revised: LiveRevision;
  readonly stale: LiveStale;
  /** The runs of the UTC day. */
  readonly coverage: CoverageAnswer;
  readonly status: StatusAnswer;
  readonly reset: LiveReset;
}

/** The body of every answer that is an error: RFC 9457, `application/problem+json`. */
export interface Problem {
  /** `about:blank`: the status says which kind of problem it is. */
  readonly type: string;
  /** The text of the HTTP status. */
  readonly title: string;
  readonly status: number;
  /** What is wrong, the value in quotes and what was expected, in one line. */
  readonly detail: string;
}
