import { type EpochMs, parseInstant } from '../domain/time/time.ts';

/** How a file writes times: epoch seconds to nanoseconds, or dates with a time of day. */
export const TIME_UNITS = ['s', 'ms', 'us', 'ns', 'iso'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

const UNIT_MS: readonly (readonly [unit: TimeUnit, ms: number])[] = [
  ['s', 1_000],
  ['ms', 1],
  ['us', 1e-3],
  ['ns', 1e-6],
];

/** Instants of market data; the ranges of two units do not meet. */
const FIRST = Date.UTC(2001, 0, 1);
const END = Date.UTC(2101, 0, 1);

/** The unit of a time in a file; null when it is none. */
export function timeUnitOf(text: string): TimeUnit | null {
  if (!/^\d{1,19}(?:\.0+)?$/.test(text)) return parseFileTime(text, 'iso') === null ? null : 'iso';
  const number = Number(text);
  const [unit] = UNIT_MS.find(([, ms]) => number * ms >= FIRST && number * ms < END) ?? [];
  return unit ?? null;
}

const ISO_WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/**
 * Reads a time of a file, as epoch ms with all its digits; null for anything else. A date and time without an
 * offset is UTC.
 */
export function parseFileTime(text: string, unit: TimeUnit): EpochMs | null {
  if (unit === 'iso') {
    if (!ISO_WITH_OFFSET.test(text)) return parseInstant(text);
    const time = Date.parse(text.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
    return Number.isNaN(time) ? null : time;
  }
  // Most files: no match to allocate.
  if (unit === 'ms' && /^\d{1,19}$/.test(text)) return Number(text);
  const [, digits] = /^(\d{1,19})(?:\.0+)?$/.exec(text) ?? [];
  if (digits === undefined) return null;
  if (unit === 's' || unit === 'ms') return Number(digits) * (unit === 's' ? 1_000 : 1);
  const decimals = unit === 'us' ? 3 : 6;
  return Number(`${digits.slice(0, -decimals) || 0}.${digits.slice(-decimals).padStart(decimals, '0')}`);
}
