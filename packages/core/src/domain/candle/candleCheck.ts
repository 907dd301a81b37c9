import type { CandleValues, DecimalText } from './candle.ts';
import { canonicalDecimal, compareDecimals } from './decimal.ts';

/** Why values are refused as a candle. */
export type CandleFault = 'wrong number' | 'price not above zero' | 'high below low';

/** The values of a candle as received, before any check. */
export interface RawCandleValues {
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
}

/**
 * Returns the values as canonical text, or why they are refused. A flat candle with volume 0 is valid, and so
 * is an {@link isIrregular | irregular} one.
 */
export function checkCandleValues(raw: RawCandleValues): CandleValues | CandleFault {
  const open = readDecimal(raw.open);
  const high = readDecimal(raw.high);
  const low = readDecimal(raw.low);
  const close = readDecimal(raw.close);
  const volume = readDecimal(raw.volume);
  if (open === null || high === null || low === null || close === null || volume === null) {
    return 'wrong number';
  }
  if (low === '0' || open === '0' || close === '0' || high === '0') return 'price not above zero';
  return compareDecimals(high, low) < 0 ? 'high below low' : { open, high, low, close, volume };
}

/**
 * Whether open or close is outside the range from low to high. The exchange has such candles in its history
 * and never corrects them (docs/bingx.md trap 37).
 */
export function isIrregular({ open, high, low, close }: CandleValues): boolean {
  const isOutside = (price: DecimalText) =>
    compareDecimals(price, low) < 0 || compareDecimals(price, high) > 0;
  return isOutside(open) || isOutside(close);
}

/**
 * Reads a non-negative decimal from text or a JSON number; null for anything else, NaN and too many digits.
 */
function readDecimal(raw: unknown): DecimalText | null {
  if (typeof raw === 'string') return canonicalDecimal(raw);
  return typeof raw === 'number' ? canonicalDecimal(String(raw)) : null;
}
