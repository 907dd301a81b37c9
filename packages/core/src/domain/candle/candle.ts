import type { Interval } from '../time/interval.ts';
import type { EpochMs } from '../time/time.ts';

/**
 * Perpetual contracts margined in USDT, and spot. Symbols of the same name in both are different series.
 */
export const MARKETS = ['swap', 'spot'] as const;
export type Market = (typeof MARKETS)[number];

/** Identifies a sequence of candles. */
export interface Series {
  readonly market: Market;
  /** As the exchange spells it: upper case with a hyphen, `BTC-USDT`. */
  readonly symbol: string;
  readonly interval: Interval;
}

/**
 * A decimal number as canonical text: `116800`, `0.07`. Digits and at most one point; no sign, no exponent,
 * no zeros that can be left out. Equal numbers are equal texts. The parsers make it.
 */
export type DecimalText = string;

/** Prices in the quote currency, volume in the base coin. */
export interface CandleValues {
  readonly open: DecimalText;
  readonly high: DecimalText;
  readonly low: DecimalText;
  readonly close: DecimalText;
  readonly volume: DecimalText;
}

/** The exchange's view of the open candle, which still changes. It has no status, so it cannot be stored. */
export interface CandleUpdate extends CandleValues {
  readonly symbol: string;
  readonly openTime: EpochMs;
}

/** `imported` counts as final everywhere, and is replaced by a final of the exchange. */
export type CandleStatus = 'provisional' | 'imported' | 'final';
export type CandleSource = 'history' | 'stream' | 'import';

/** A closed candle, as the store keeps it. */
export interface Candle extends CandleValues {
  readonly openTime: EpochMs;
  readonly status: CandleStatus;
  readonly source: CandleSource;
  /** When the request that showed this candle was sent, in exchange time; 0 for provisional candles. */
  readonly observed: EpochMs;
}

/**
 * The first and the last read of history that showed the same thing, in exchange time. Two of one slot merge
 * to the earlier first read and the later last read.
 */
export interface Reads {
  readonly firstRead: EpochMs;
  readonly lastRead: EpochMs;
}

/** A slot that history showed empty. Each answer had candles on both sides of the slot. */
export interface Absence extends Reads {
  readonly openTime: EpochMs;
}

/** A slot for which history held a row that was refused, and no other: a candle exists and can't be read. */
export interface Unreadable extends Reads {
  readonly openTime: EpochMs;
}

/** What is known about where history begins. */
export interface HistoryStart {
  /** History has no candle before this instant; null until a second read has confirmed it. */
  readonly firstAvailable: EpochMs | null;
  /** The reads that showed it; null while it is unknown, and in the record of an older store. */
  readonly reads: Reads | null;
  /** An answer that waits for a second one. */
  readonly pending: HistoryStartAnswer | null;
}

/** History, read at `read` (exchange time), has no candle before `firstAvailable`. */
export interface HistoryStartAnswer {
  readonly firstAvailable: EpochMs;
  readonly read: EpochMs;
}
