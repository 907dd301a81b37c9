import type { EpochMs } from '../time/time.ts';
import type { Candle, CandleSource, CandleStatus, DecimalText, Reads } from './candle.ts';

const RANKS = { provisional: '1', imported: '2', final: '3' } as const;

/** Digits of the largest epoch ms that a Date can hold. */
const OBSERVED_DIGITS = 16;

const MERGE_KEY =
  /^[123] ([\d.]+) ([\d.]+)\|([\d.]+)\|([\d.]+)\|([\d.]+)\|([\d.]+)\|(provisional|imported|final)\|(history|stream|import)$/;

/**
 * The key of the merge law as text: of two candles of a slot the one with the greater key wins
 * (docs/truth.md, "Which record wins"). Provisional: (1, volume, text), imported: (2, observed, text), final:
 * (3, observed, text). Keys are ASCII, so JavaScript, SQLite (BINARY) and DynamoDB order them alike. A space
 * separates the parts, because it sorts before digits and the point: `1` stays below `1.5`.
 */
export function mergeKey(candle: Candle): string {
  const order =
    candle.status === 'provisional'
      ? sortableDecimal(candle.volume)
      : String(candle.observed).padStart(OBSERVED_DIGITS, '0');
  return `${RANKS[candle.status]} ${order} ${candleText(candle)}`;
}

/** The candle of a merge key, which holds all but the open time. Throws RangeError for any other text. */
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

/** Of two candles of the same slot, the one that wins. */
export function mergeCandles(one: Candle, other: Candle): Candle {
  return mergeKey(other) > mergeKey(one) ? other : one;
}

/** Two absences of the same slot as one, or two unreadable rows. */
export function mergeReads<T extends Reads>(one: T, other: T): T {
  return {
    ...one,
    firstRead: Math.min(one.firstRead, other.firstRead),
    lastRead: Math.max(one.lastRead, other.lastRead),
  };
}

/** Everything of a candle that the lake shows, as text: candles with equal texts have equal rows. */
export function candleText(candle: Candle): string {
  const { open, high, low, close, volume, status, source } = candle;
  return [open, high, low, close, volume, status, source].join('|');
}

/** Text that sorts like the number: the count of digits before the point comes first. */
function sortableDecimal(text: DecimalText): string {
  const point = text.indexOf('.');
  const wholeDigits = point < 0 ? text.length : point;
  return String(wholeDigits).padStart(3, '0') + text;
}
