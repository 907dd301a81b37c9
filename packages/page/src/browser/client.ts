import type {
  BarRow,
  BarsAnswer,
  CoverageAnswer,
  LiveRevision,
  StatusAnswer,
  SymbolsAnswer,
} from '@candlelake/core';

/** The server refused a request; the message is its own. */
export class RefusedError extends Error {}

export type Query = Readonly<Record<string, string | number>>;

/**
 * The JSON of `/api/<name>`. Throws RefusedError when the server refuses the request, TypeError when it does
 * not answer, and AbortError after `signal`.
 */
async function get<T>(name: string, query: Query, signal?: AbortSignal): Promise<T> {
  const values = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  const response = await fetch(`api/${name}?${values}`, signal ? { signal } : {});
  if (response.ok) return (await response.json()) as T;
  const problem = await response.json().catch(() => ({}));
  throw new RefusedError(problem.detail ?? problem.title ?? `the server answered ${response.status}`);
}

export const readSymbols = (signal?: AbortSignal) => get<SymbolsAnswer>('symbols', {}, signal);
export const readStatus = (signal?: AbortSignal) => get<StatusAnswer>('status', {}, signal);

export const readBars = (query: Query, signal: AbortSignal) => get<BarsAnswer>('bars', query, signal);
export const readCoverage = (query: Query, signal: AbortSignal) =>
  get<CoverageAnswer>('coverage', query, signal);

export interface LiveEvents {
  /** The open bar changed, or has closed. */
  bar(bar: BarRow): void;
  /** A closed bar is replaced. */
  revised(bar: LiveRevision): void;
  /** Bars that open in this range may have changed. */
  stale(range: { readonly from: number; readonly to: number }): void;
  coverage(coverage: CoverageAnswer): void;
  status(status: StatusAnswer): void;
  /** The server cannot continue where the connection ended: everything has to be read again. */
  reset(): void;
  /** The connection is open, or was lost. The browser connects again by itself, with the last event's id. */
  connected(isConnected: boolean): void;
  /** The server refuses the stream; the browser does not try again. */
  refused(): void;
}

/** Listens to the live events of one symbol and timeframe. Returns a function that ends it. */
export function listen(query: Query, events: LiveEvents): () => void {
  const values = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  const source = new EventSource(`api/live?${values}`);
  const on = <T>(name: string, handle: (data: T) => void) =>
    source.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data)));
  on<BarRow>('bar', events.bar);
  on<LiveRevision>('revised', events.revised);
  on<{ from: number; to: number }>('stale', events.stale);
  on<CoverageAnswer>('coverage', events.coverage);
  on<StatusAnswer>('status', events.status);
  source.addEventListener('reset', () => events.reset());
  source.addEventListener('open', () => events.connected(true));
  source.addEventListener('error', () => {
    events.connected(false);
    if (source.readyState === EventSource.CLOSED) events.refused();
  });
  return () => source.close();
}
