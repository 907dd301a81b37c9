import type { DecimalText } from './candle.ts';

/** Exact decimals of one column: value i is `units[i] / 10 ** scale`. */
export interface DecimalColumn {
  readonly scale: number;
  /**
   * Whole numbers: doubles when every sum over the column is below 2^53, else bigint. 0 where there is no
   * value.
   */
  readonly units: Float64Array | readonly bigint[];
}

/** Digits on one side of the point. No real price or volume has as many; the limit bounds memory. */
const MAX_DIGITS = 40;
const MAX_TEXT_LENGTH = 200;

/** Most texts of the stream are canonical already; this test takes a tenth of the time of rewriting them. */
const CANONICAL = /^(?:0|[1-9]\d{0,39})(?:\.\d{0,39}[1-9])?$/;

const DECIMAL = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Doubles represent every whole number below this. */
const EXACT_LIMIT = 2 ** 53;

/** The powers of ten that are exact doubles: one division by them is correctly rounded. */
const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Reads a non-negative decimal number (`0.070`, `007`, `1e-7`) as canonical text. Returns null for anything
 * else: signs, spaces, a bare point, NaN, more than 40 digits on one side of the point.
 */
export function canonicalDecimal(text: string): DecimalText | null {
  if (CANONICAL.test(text)) return text;
  if (text.length > MAX_TEXT_LENGTH) return null;
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, '0');
  const before = digits.slice(0, Math.max(point, 0)).replace(/^0+/, '');
  const after = ('0'.repeat(Math.max(-point, 0)) + digits.slice(Math.max(point, 0))).replace(/0+$/, '');
  if (before.length > MAX_DIGITS || after.length > MAX_DIGITS) return null;
  return (before || '0') + (after && `.${after}`);
}

/** Compares two canonical decimals as numbers: negative, 0 or positive, as `a - b` would be. */
export function compareDecimals(a: DecimalText, b: DecimalText): number {
  const byLength = wholeDigits(a) - wholeDigits(b);
  if (byLength !== 0) return byLength;
  return a < b ? -1 : Number(a > b);
}

/** Brings canonical decimals to one scale without rounding; `undefined` becomes 0. */
export function decimalColumn(texts: readonly (DecimalText | undefined)[]): DecimalColumn {
  let scale = 0;
  for (const text of texts) if (text !== undefined) scale = Math.max(scale, fractionDigits(text));
  const units = new Float64Array(texts.length);
  let sum = 0;
  for (const [index, text] of texts.entries()) {
    if (text === undefined) continue;
    const unit = Number(unitDigits(text, scale));
    units[index] = unit;
    sum += unit;
  }
  // Rounding is monotonic: a sum above the limit is above it in doubles too.
  if (sum < EXACT_LIMIT) return { scale, units };
  return { scale, units: texts.map((text) => (text === undefined ? 0n : BigInt(unitDigits(text, scale)))) };
}

/** The nearest double to the exact sum of the values at `from` (inclusive) to `to` (exclusive). */
export function sumToDouble(column: DecimalColumn, from: number, to: number): number {
  const { units, scale } = column;
  if (!(units instanceof Float64Array)) {
    let sum = 0n;
    for (let index = from; index < to; index++) sum += units[index]!;
    return Number(`${sum}e-${scale}`);
  }
  let sum = 0;
  for (let index = from; index < to; index++) sum += units[index]!;
  return scale < EXACT_POWERS.length ? sum / EXACT_POWERS[scale]! : Number(`${sum}e-${scale}`);
}

/** The digits of a canonical decimal as a whole number of units of 10^-scale. */
function unitDigits(text: DecimalText, scale: number): string {
  const missingZeros = scale - fractionDigits(text);
  return text.replace('.', '') + '0'.repeat(missingZeros);
}

/** The number of digits after the point of a canonical decimal. */
export function fractionDigits(text: DecimalText): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function wholeDigits(text: DecimalText): number {
  const point = text.indexOf('.');
  return point < 0 ? text.length : point;
}
