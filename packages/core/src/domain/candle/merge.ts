import type { EpochMs } from '../time/time.ts';
import type { Absence, Candle, CandleSource, CandleStatus, DecimalText } from './candle.ts';

const RANKS = { provisional: '1', imported: '2', final: '3' } as const;

/** Digits of the largest epoch ms that a Date can hold. */
const OBSERVED_DIGITS = 16;

const MERGE_KEY =
  /^[123] ([\d.]+) ([\d.]+)\|([\d.]+)\|([\d.]+)\|([\d.]+)\|([\d.]+)\|(provisional|imported|final)\|(history|stream|import)$/;

/**
 * The key of the merge law as one text: of two candles of a slot the one with the greater key wins. Texts compare by code unit; as all is
 * ASCII that is also SQLite's BINARY and DynamoDB's order. Provisional: (1, volume, text), imported: (2, observed, text), final:
 * (3, observed, text). The candle with more volume is the later view of it. The parts are set apart by a space because it sorts before
 * digits and the point: `1` stays below `1.5`.
 */
export function mergeKey(candle: Candle): string {
  const order =
    candle.status === 'provisional'
      ? sortableDecimal(candle.volume)
      : String(candle.observed).padStart(OBSERVED_DIGITS, '0');
  return `${RANKS[candle.status]} ${order} ${candleText(candle)}`;
}

/** The candle that a merge key was made of: the key holds all but the open time. Throws RangeError for a text that is no such key. */
export function candleOfMergeKey(openTime: EpochMs, key: string): Candle {
  const match = MERGE_KEY.exec(key);
  if (!match) throw new RangeError(`merge key "${key}": expected a rank, an order and the candle's text`);
  const [, order, open, high, low, close, volume, status, source] = match as unknown as readonly string[];
  return {
    openTime,
    open: open!,
    high: high!,
    low: low!,
    close: close!,
    volume: volume!,
    status: status as CandleStatus,
    source: source as CandleSource,
    observed: status === 'provisional' ? 0 : Number(order),
  };
}

/** The candle that stays, of two for the same slot. */
export function mergeCandles(one: Candle, other: Candle): Candle {
  return mergeKey(other) > mergeKey(one) ? other : one;
}

/** Two bodies of evidence about the same empty slot as one. */
export function mergeAbsences(one: Absence, other: Absence): Absence {
  return {
    openTime: one.openTime,
    firstRead: Math.min(one.firstRead, other.firstRead),
    lastRead: Math.max(one.lastRead, other.lastRead),
  };
}

/** Everything of a candle that the lake can show, as text; two candles with equal texts look the same there. */
export function candleText(candle: Candle): string {
  const { open, high, low, close, volume, status, source } = candle;
  return [open, high, low, close, volume, status, source].join('|');
}

/** Canonical decimal text so that order of texts is order of numbers: the length of the whole part goes first. */
function sortableDecimal(text: DecimalText): string {
  const point = text.indexOf('.');
  const wholeDigits = point < 0 ? text.length : point;
  return String(wholeDigits).padStart(3, '0') + text;
}
