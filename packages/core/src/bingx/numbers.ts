import type { DecimalText } from '../domain/candle.ts';
import { canonicalDecimal } from '../domain/decimal.ts';

/** A non-negative decimal from the wire, text or JSON number, made canonical; null for anything else. */
export function readDecimal(raw: unknown): DecimalText | null {
  if (typeof raw === 'string') return canonicalDecimal(raw);
  return typeof raw === 'number' ? canonicalDecimal(String(raw)) : null;
}

/** A whole number from the wire, as JSON number or its digits in text; null for anything else. */
export function readInteger(raw: unknown): number | null {
  const value = typeof raw === 'string' && /^-?\d{1,16}$/.test(raw) ? Number(raw) : raw;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** A JSON object: no array, not null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
