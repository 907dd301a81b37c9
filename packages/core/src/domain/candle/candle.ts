import type { Interval } from '../time/interval.ts';
import type { EpochMs } from '../time/time.ts';

/** The market of a symbol; `spot` comes later, and is a word of the keys from the first commit on. */
export type Market = 'swap';

/** What names a sequence of candles. */
export interface Series {
  readonly market: Market;
  /** As the exchange spells it: upper case with a hyphen, `BTC-USDT`. */
  readonly symbol: string;
  readonly interval: Interval;
}

/** The series of a perpetual contract. */
export function swapSeries(symbol: string, interval: Interval): Series {
  return { market: 'swap', symbol, interval };
}

/**
 * A decimal number as text in canonical form: digits, at most one point, no sign, no exponent, no leading zero but the one
 * before a point, no trailing zero behind it. `116800`, `0.07`. The parser makes it; equal numbers are equal texts.
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

/** The exchange's still-changing view of the open candle. It has no status: it cannot be stored. */
export interface CandleUpdate extends CandleValues {
  readonly symbol: string;
  readonly openTime: EpochMs;
}

/** `imported` counts as final everywhere, and gives way to the exchange's own final. */
export type CandleStatus = 'provisional' | 'imported' | 'final';
export type CandleSource = 'history' | 'stream' | 'import';

/** A closed candle, as the store keeps it. */
export interface Candle extends CandleValues {
  readonly openTime: EpochMs;
  readonly status: CandleStatus;
  readonly source: CandleSource;
  /** Exchange-clock estimate of the moment the request was sent that showed this candle; 0 for provisional ones. */
  readonly observed: EpochMs;
}

/**
 * What history said of a slot in which it shows no candle: the first and the last read, each with candles on both sides in
 * one response. Two of them merge to the smaller first and the greater last read.
 */
export interface Absence {
  readonly openTime: EpochMs;
  readonly firstRead: EpochMs;
  readonly lastRead: EpochMs;
}

/** What is known of the beginning of what history can give. */
export interface HistoryStart {
  /** History gives nothing before this instant: confirmed by two reads. Null until then. */
  readonly firstAvailable: EpochMs | null;
  /** One read's answer that waits for a second one. */
  readonly pending: HistoryStartAnswer | null;
}

/** "Nothing before `firstAvailable`", said by history at `read`. */
export interface HistoryStartAnswer {
  readonly firstAvailable: EpochMs;
  readonly read: EpochMs;
}
