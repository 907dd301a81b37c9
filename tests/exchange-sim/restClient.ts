import type { RunningExchange } from '../../packages/exchange-sim/src/index.ts';

export interface RestBody {
  readonly code: number;
  readonly msg: string;
  readonly data: readonly Record<string, unknown>[];
}

type Query = Readonly<Record<string, string | number>>;

/** The answer to a GET of `path`. */
export function get(exchange: RunningExchange, path: string, query: Query = {}): Promise<Response> {
  const url = new URL(path, exchange.restUrl);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return fetch(url);
}

/** The envelope of a GET of `path`. */
export async function getBody(exchange: RunningExchange, path: string, query: Query = {}): Promise<RestBody> {
  return (await (await get(exchange, path, query)).json()) as RestBody;
}

/** The envelope of a klines request: the ten newest 1m rows of BTC-USDT unless the query says otherwise. */
export function getKlines(exchange: RunningExchange, query: Query = {}): Promise<RestBody> {
  const base = { symbol: 'BTC-USDT', interval: '1m', limit: 10 };
  return getBody(exchange, '/openApi/swap/v3/quote/klines', { ...base, ...query });
}

/** The open times of these rows. */
export async function getTimes(exchange: RunningExchange, query: Query = {}): Promise<readonly unknown[]> {
  return (await getKlines(exchange, query)).data.map((row) => row.time);
}

/** The rows of the contract list. */
export async function getContracts(exchange: RunningExchange): Promise<RestBody['data']> {
  return (await getBody(exchange, '/openApi/swap/v2/quote/contracts')).data;
}
