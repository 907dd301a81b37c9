import { type Market, parseSettings, type ReportedEvent, type Settings } from '@candlelake/core';
import { namedSettings } from './namedSettings.ts';

/** What to stream, and into which folder. The defaults are those of the flags of `candlelake stream`. */
export interface StreamOptions {
  /** Perpetual contracts (`swap`, the default) or `spot`. */
  readonly market?: Market;
  /** `['BTC-USDT']`. */
  readonly symbols?: readonly string[];
  /** Of the candles: `3m`. */
  readonly interval?: string;
  /** Of the bars: `['21m', '1h']`. */
  readonly timeframes?: readonly string[];
  /** Days of history to fill first; 0 is today (UTC). */
  readonly historyDays?: number;
  /** Whether the history is filled before streaming. */
  readonly backfill?: boolean;
  /** Whether gaps are repaired while streaming. */
  readonly gapFill?: boolean;
  /** The folder of store and lake: `bingx_data`. */
  readonly output?: string;
  /** Bars of the short and of the long average, and of the average true range. */
  readonly maShort?: number;
  readonly maLong?: number;
  readonly atrPeriod?: number;
  /** The addresses of the exchange. */
  readonly restUrl?: string;
  readonly wsUrl?: string;
  /** Most requests a second to one route of the exchange. */
  readonly requestsPerSecond?: number;
  /** Ends the stream when every slot before this instant is settled: `2026-11-22T12:00Z`. */
  readonly until?: string;
  /** Ends the stream when it aborts. */
  readonly signal?: AbortSignal;
  /** Is called with what the command line would print. */
  readonly onReport?: (event: ReportedEvent) => void;
}

/** Runs the stream on a clock of a simulation, as `CANDLELAKE_CLOCK` does. Only tests use it. */
export interface SimulatedOptions extends StreamOptions {
  readonly clock?: string;
}

/** The settings of a stream. Variables and files are not read. Throws ConfigError. */
export function streamSettings({ signal, onReport, clock, ...options }: SimulatedOptions): Settings {
  const variables = clock === undefined ? {} : { CANDLELAKE_CLOCK: clock };
  return parseSettings({
    file: { path: 'the options of stream', content: namedSettings(options) },
    variables,
  });
}
