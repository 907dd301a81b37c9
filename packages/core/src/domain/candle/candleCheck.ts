import type { CandleValues, DecimalText } from './candle.ts';
import { canonicalDecimal, compareDecimals } from './decimal.ts';

/** Why values are no candle. */
export type CandleFault = 'wrong number' | 'price not above zero' | 'high and low do not hold open and close';

/** The values of a candle as they came, before any check. */
export interface RawCandleValues {
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
}

/** Values checked and made canonical, or why they are refused. A flat candle without volume is a candle. */
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

/** A non-negative decimal from outside, text or JSON number; null for anything else, for NaN and for absurd lengths. */
function readDecimal(raw: unknown): DecimalText | null {
  if (typeof raw === 'string') return canonicalDecimal(raw);
  return typeof raw === 'number' ? canonicalDecimal(String(raw)) : null;
}
