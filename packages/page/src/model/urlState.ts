/** What the address of the page carries, so that a view can be kept and sent. */
export interface UrlState {
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** The visible range, epoch ms; null follows the newest bar. */
  readonly range: VisibleRange | null;
}

export interface VisibleRange {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;

/** Reads the query of an address. Parts that are absent or no value of their kind are null. */
export function parseUrl(query: string): UrlState {
  const values = new URLSearchParams(query);
  const from = parseInstant(values.get('from'));
  const to = parseInstant(values.get('to'));
  return {
    symbol: values.get('symbol') || null,
    timeframe: values.get('timeframe') || null,
    range: from !== null && to !== null && from < to ? { from, to } : null,
  };
}

/** The query of an address, with its question mark; the range in whole minutes, UTC. */
export function formatUrl({ symbol, timeframe, range }: UrlState): string {
  const values = new URLSearchParams();
  if (symbol !== null) values.set('symbol', symbol);
  if (timeframe !== null) values.set('timeframe', timeframe);
  if (range !== null) {
    values.set('from', formatInstant(Math.floor(range.from / MINUTE_MS) * MINUTE_MS));
    values.set('to', formatInstant(Math.ceil(range.to / MINUTE_MS) * MINUTE_MS));
  }
  return `?${values.toString().replaceAll('%3A', ':')}`;
}

/** `2026-11-20T23:48Z` */
function formatInstant(instant: number): string {
  return new Date(instant).toISOString().replace(/:\d\d\.\d{3}Z$/, 'Z');
}

function parseInstant(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(text)) return null;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : instant;
}
