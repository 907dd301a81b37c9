import type { CandleValues, DecimalText } from './candle.ts';
import { canonicalDecimal, compareDecimals } from './decimal.ts';

/** Why values are refused as a candle. */
export type CandleFault = 'wrong number' | 'price not above zero' | 'high and low do not hold open and close';

/** The values of a candle as received, before any check. */
export interface RawCandleValues {
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
}

/** Returns the values as canonical text, or why they are refused. A flat candle with volume 0 is valid. */
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
  const holds =
    compareDecimals(low, open) <= 0 &&
    compareDecimals(low, close) <= 0 &&
    compareDecimals(high, open) >= 0 &&
    compareDecimals(high, close) >= 0;
  return holds ? { open, high, low, close, volume } : 'high and low do not hold open and close';
}

/**
 * Reads a non-negative decimal from text or a JSON number; null for anything else, NaN and too many digits.
 */
function readDecimal(raw: unknown): DecimalText | null {
  if (typeof raw === 'string') return canonicalDecimal(raw);
  return typeof raw === 'number' ? canonicalDecimal(String(raw)) : null;
}
