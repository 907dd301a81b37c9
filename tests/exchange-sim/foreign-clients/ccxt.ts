import { pathToFileURL } from 'node:url';
import type { RunningExchange } from '../../../packages/exchange-sim/src/index.ts';

/** Open time, open, high, low, close, volume. */
export type Ohlcv = readonly [number, number, number, number, number, number];

/** The part of ccxt that is used here. */
interface Ccxt {
  urls: { api: Record<string, unknown> & { ws: Record<string, string> } };
  fetchOHLCV(
    symbol: string,
    timeframe: string,
    since?: number,
    limit?: number,
    params?: object,
  ): Promise<Ohlcv[]>;
  watchOHLCV(symbol: string, timeframe: string): Promise<Ohlcv[]>;
  unWatchOHLCV(symbol: string, timeframe: string): Promise<unknown>;
  fetchTime(): Promise<number>;
  loadMarkets(): Promise<Record<string, { precision: { price: number } }>>;
  /** ccxt requires it for a socket without TLS. */
  loadHttpProxyAgent(): Promise<unknown>;
  close(): Promise<void>;
}

/** The bingx client of the ccxt in `folder` for a market, with the addresses of the stand-in. */
export async function connectCcxt(
  folder: string,
  exchange: RunningExchange,
  defaultType: 'swap' | 'spot',
): Promise<Ccxt> {
  const { pro } = await import(pathToFileURL(`${folder}/node_modules/ccxt/js/ccxt.js`).href);
  const client: Ccxt = new pro.bingx({ options: { defaultType } });
  for (const name of Object.keys(client.urls.api)) {
    if (name !== 'ws') client.urls.api[name] = `${exchange.restUrl}/openApi`;
  }
  await client.loadHttpProxyAgent();
  client.urls.api.ws.linear = exchange.wsUrl;
  client.urls.api.ws.spot = exchange.spotWsUrl;
  return client;
}
