const MINUTE_MS = 60_000;

/**
 * BingX's intervals of a fixed length; `1w` and `1M` are not served. Source: BingX "Kline/Candlestick Data".
 * Not taken from the core, because the core is tested against the stand-in.
 */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['1m', MINUTE_MS],
  ['3m', 3 * MINUTE_MS],
  ['5m', 5 * MINUTE_MS],
  ['15m', 15 * MINUTE_MS],
  ['30m', 30 * MINUTE_MS],
  ['1h', 60 * MINUTE_MS],
  ['2h', 120 * MINUTE_MS],
  ['4h', 240 * MINUTE_MS],
  ['6h', 360 * MINUTE_MS],
  ['8h', 480 * MINUTE_MS],
  ['12h', 720 * MINUTE_MS],
  ['1d', 1440 * MINUTE_MS],
  ['3d', 4320 * MINUTE_MS],
]);

/** The length of an interval in ms; null for an unknown name. */
export function lengthOfInterval(name: string): number | null {
  return LENGTHS.get(name) ?? null;
}

/** The length of every interval, ascending. */
export function intervalLengths(): readonly number[] {
  return [...LENGTHS.values()];
}
