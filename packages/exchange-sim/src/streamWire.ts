import type { EpochMs } from '@candlelake/core';
import type { Exchange } from './exchange.ts';
import type { StreamValues } from './frames.ts';
import type { Market } from './instrument.ts';
import { lengthOfInterval } from './intervals.ts';
import { lengthOfSpotInterval, spotCandle } from './spotShapes.ts';

/** The answer to one request of a client. */
export interface StreamAnswer {
  readonly id: string;
  readonly code: number;
  readonly msg: string;
  readonly dataType: string;
}

/** A heartbeat and the text that answers it. */
export interface Ping {
  readonly text: string;
  readonly isAnsweredBy: (text: string) => boolean;
}

/** How the stream of one market speaks. */
export interface StreamWire {
  readonly path: string;
  readonly market: (exchange: Exchange) => Market;
  /** The length of an interval in ms by its name in topics; null for an unknown name. */
  readonly lengthOfInterval: (name: string) => number | null;
  readonly ping: (now: EpochMs) => Ping;
  readonly answer: (answer: StreamAnswer, now: EpochMs) => object;
  readonly push: (push: Push, now: EpochMs) => object;
}

interface Push {
  readonly dataType: string;
  readonly symbol: string;
  readonly intervalMs: number;
  /** `data` of the swap market: an array of candles unless a fault has another shape. */
  readonly data: unknown;
}

/** Keys and their order as recorded (docs/bingx.md, "WebSocket"). */
export const SWAP_WIRE: StreamWire = {
  path: '/swap-market',
  market: ({ market }) => market,
  lengthOfInterval,
  ping: () => ({ text: 'Ping', isAnsweredBy: (text) => text === 'Pong' }),
  answer: ({ id, code, msg, dataType }) => ({ id, code, msg, dataType, data: null }),
  push: ({ dataType, symbol, data }) => ({ code: 0, dataType, s: symbol, data }),
};

/** As documented (docs/bingx.md, "Spot"). The time of a ping is that of UTC+8. */
export const SPOT_WIRE: StreamWire = {
  path: '/market',
  market: ({ spot }) => spot,
  lengthOfInterval: lengthOfSpotInterval,
  ping(now) {
    const ping = now.toString(16).padStart(32, '0');
    const time = new Date(now + 8 * 3_600_000).toISOString().replace('Z', '+0800');
    return { text: JSON.stringify({ ping, time }), isAnsweredBy: (text) => pongOf(text) === ping };
  },
  answer: ({ id, code, msg }, timestamp) => ({ code, id, msg: code === 0 ? 'SUCCESS' : msg, timestamp }),
  push: ({ dataType, symbol, intervalMs, data }, now) => ({
    code: 0,
    data: spotData(Array.isArray(data) ? data.at(-1) : data, { symbol, intervalMs, dataType, now }),
    dataType,
    success: true,
  }),
};

function spotData(
  data: unknown,
  { symbol, intervalMs, dataType, now }: Omit<Push, 'data'> & { readonly now: EpochMs },
): unknown {
  if (typeof data !== 'object' || data === null || !('T' in data)) return data;
  const interval = dataType.slice(dataType.indexOf('_') + 1);
  const candle = spotCandle(data as StreamValues, { symbol, interval, intervalMs });
  return { E: now, K: candle, e: 'kline', s: symbol };
}

function pongOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { pong?: unknown } | null)?.pong;
  } catch {
    return undefined;
  }
}
