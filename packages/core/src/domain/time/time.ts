/**
 * An instant: milliseconds since 1970-01-01T00:00Z. Ranges of instants are start-inclusive, end-exclusive.
 */
export type EpochMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** A UTC day has no leap second in epoch time, so every session is exactly this long. */
export const DAY_MS = 86_400_000;

/** The first millisecond of the UTC day (the session) that contains `time`. */
export function startOfDay(time: EpochMs): EpochMs {
  return Math.floor(time / DAY_MS) * DAY_MS;
}

/** The UTC date of an instant, as in the names of partitions: `2026-11-22`. */
export function formatDate(time: EpochMs): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `2026-11-22T12:03Z`; seconds and milliseconds only when they are not zero. */
export function formatInstant(time: EpochMs): string {
  const text = new Date(time).toISOString();
  if (time % MINUTE_MS === 0) return `${text.slice(0, 16)}Z`;
  return time % SECOND_MS === 0 ? `${text.slice(0, 19)}Z` : text;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)Z?)?$/;

/**
 * Reads a date (`2026-11-22`) or a date and time (`2026-11-22T12:03Z`, `2026-11-22 12:03`), always as UTC.
 * Returns null for anything else, also for a date that is not in the calendar (`2026-02-30`).
 */
export function parseInstant(text: string): EpochMs | null {
  const match = INSTANT.exec(text.trim());
  if (!match) return null;
  const time = Date.parse(`${match[1]}T${match[2] ?? '00:00'}Z`);
  return Number.isNaN(time) || formatDate(time) !== match[1] ? null : time;
}
