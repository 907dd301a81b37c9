import type { Market } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import type { Contract } from '../ports.ts';
import type { Refuse } from './badRecords.ts';
import { parseContracts, parseSpotSymbols } from './contracts.ts';

/** Where a market is asked and how its topics are named. Rows and frames of both are read by one parser. */
export interface MarketWire {
  readonly klinesPath: string;
  /** Parameters of every request for klines beside symbol, interval, bounds and limit. */
  readonly klinesQuery: Readonly<Record<string, number>>;
  /** The type of prices and volumes in a row. */
  readonly valueType: 'string' | 'number';
  readonly contractsPath: string;
  readonly parseContracts: (data: unknown, refuse: Refuse) => readonly Contract[];
  /** The interval as the stream's topics spell it. */
  readonly topicInterval: (interval: Interval) => string;
}

/** The same for all markets. Source: docs/bingx.md, "Time". */
export const SERVER_TIME_PATH = '/openApi/swap/v2/server/time';

const SPOT_UNITS: Readonly<Record<string, string>> = { m: 'min', h: 'hour', d: 'day' };

/** Source: docs/bingx.md, "REST candles" and "Spot". */
export const MARKET_WIRES: Readonly<Record<Market, MarketWire>> = {
  swap: {
    klinesPath: '/openApi/swap/v3/quote/klines',
    klinesQuery: {},
    valueType: 'string',
    contractsPath: '/openApi/swap/v2/quote/contracts',
    parseContracts,
    topicInterval: (interval) => interval,
  },
  spot: {
    klinesPath: '/openApi/spot/v2/market/kline',
    // Without it the candles of 6h, 12h and 1d begin at UTC+8 hours (docs/bingx.md trap 30).
    klinesQuery: { timeZone: 0 },
    valueType: 'number',
    contractsPath: '/openApi/spot/v1/common/symbols',
    parseContracts: parseSpotSymbols,
    topicInterval: spotInterval,
  },
};

/** `1min`, `60min`, `2hour`, `1day`, as clients say; one page says `1h` (docs/bingx.md trap 31). */
function spotInterval(interval: Interval): string {
  if (interval === '1h') return '60min';
  return interval.slice(0, -1) + SPOT_UNITS[interval.at(-1)!];
}
