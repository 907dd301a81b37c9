import type { CandleUpdate } from '../domain/candle.ts';
import type { Interval } from '../domain/interval.ts';
import { HOUR_MS } from '../domain/time.ts';
import { isObject, readInteger } from './numbers.ts';
import { parseKline, type RecordChecks } from './parse.ts';

/** What one frame of the swap market's socket says. */
export type StreamMessage =
  | { readonly kind: 'ping'; readonly reply: string }
  /** The answer to a subscription; `id` or `symbol` says to which, `code` 0 is yes. */
  | {
      readonly kind: 'answer';
      readonly id: string | null;
      readonly symbol: string | null;
      readonly code: number;
      readonly message: string;
    }
  /** Good records of a push; none when all were refused. */
  | { readonly kind: 'updates'; readonly updates: readonly CandleUpdate[] }
  /** No message at all: no sign that the exchange's side is in order. */
  | { readonly kind: 'unreadable' };

export interface MessageChecks extends RecordChecks {
  /** Symbols of this connection by their topic. */
  readonly topics: ReadonlyMap<string, string>;
}

/** A push shows the candle that is open or just ended; one that ended longer ago than this is stale, and history knows better. */
const MAX_AGE_MS = HOUR_MS;

/** A heartbeat's id has 32 characters; what is much longer is not echoed. */
const MAX_PING_CHARACTERS = 256;

/** The topic of a symbol's klines: `BTC-USDT@kline_3m`. Source: BingX "Subscribe K-Line Data". */
export function klineTopic(symbol: string, interval: Interval): string {
  return `${symbol}@kline_${interval}`;
}

/** The text that asks for a topic; `id` may be any text and comes back in the answer. */
export function subscribeText(id: string, topic: string): string {
  return JSON.stringify({ id, reqType: 'sub', dataType: topic });
}

/** Reads one frame, already inflated. Never throws: what is wrong is refused through `checks.refuse`. */
export function parseMessage(text: string, checks: MessageChecks): StreamMessage {
  if (text === 'Ping' || text === 'ping') return { kind: 'ping', reply: 'Pong' };
  const frame = parseJson(text);
  if (!isObject(frame)) {
    checks.refuse('unreadable frame', text.slice(0, MAX_PING_CHARACTERS));
    return { kind: 'unreadable' };
  }
  const wire: WireFrame = frame;
  if (wire.ping !== undefined) return jsonPing(wire, checks);
  const code = wire.code === undefined ? 0 : readInteger(wire.code);
  const isPush = typeof wire.data === 'object' && wire.data !== null && typeof wire.dataType === 'string';
  if (code === 0 && isPush && wire.dataType !== '') return { kind: 'updates', updates: pushed(wire, checks) };
  const id = typeof wire.id === 'string' || typeof wire.id === 'number' ? String(wire.id) : null;
  if (code === null || (id === null && code === 0)) {
    checks.refuse('wrong shape', frame);
    return { kind: 'updates', updates: [] };
  }
  const symbol = typeof wire.dataType === 'string' ? (checks.topics.get(wire.dataType) ?? null) : null;
  const message = typeof wire.msg === 'string' ? wire.msg : '';
  return { kind: 'answer', id, symbol, code, message };
}

function jsonPing({ ping, time }: WireFrame, { refuse }: MessageChecks): StreamMessage {
  const reply = JSON.stringify({ pong: ping, time });
  if (reply.length <= MAX_PING_CHARACTERS) return { kind: 'ping', reply };
  refuse('wrong shape', reply.slice(0, MAX_PING_CHARACTERS));
  return { kind: 'updates', updates: [] };
}

function pushed(wire: WireFrame, checks: MessageChecks): readonly CandleUpdate[] {
  const symbol = checks.topics.get(wire.dataType as string);
  if (symbol === undefined || (wire.s !== undefined && wire.s !== symbol)) {
    checks.refuse('wrong symbol', { dataType: wire.dataType, s: wire.s });
    return [];
  }
  const updates: CandleUpdate[] = [];
  for (const record of Array.isArray(wire.data) ? wire.data : [wire.data]) {
    const update = parseUpdate(symbol, record, checks);
    if (update) updates.push(update);
  }
  return updates;
}

function parseUpdate(symbol: string, record: unknown, checks: MessageChecks): CandleUpdate | null {
  const fields = isObject(record) && isObject(record.K) ? record.K : record;
  if (!isObject(fields)) {
    checks.refuse('wrong shape', record);
    return null;
  }
  const { T, o, h, l, c, v }: WireUpdate = fields;
  const row = parseKline({ time: T, open: o, high: h, low: l, close: c, volume: v }, checks);
  const refusal = typeof row === 'string' ? row : isStale(row.openTime, checks) ? 'too old' : null;
  if (refusal === null) return { symbol, ...(row as Exclude<typeof row, string>) };
  checks.refuse(refusal, record);
  return null;
}

function isStale(openTime: number, { intervalMs, now }: RecordChecks): boolean {
  return openTime + intervalMs + MAX_AGE_MS < now;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// ---- the wire -------------------------------------------------------------------------------------------------------------
// https://bingx-api.github.io/docs-v3 "Swap WebSocket"; samples from a recording of 2025-10-24.

/** Any JSON frame. */
interface WireFrame {
  /** Of a spot heartbeat, to be echoed: "5963ba3db76049b2870f9a686b2ebaac". */
  readonly ping?: unknown;
  /** Of a spot heartbeat, ISO time with zone, to be echoed: "2023-10-02T18:51:55.089+0800". */
  readonly time?: unknown;
  /** Only in answers: the id of the request. */
  readonly id?: unknown;
  /** 0, or why a request was refused: 80015. */
  readonly code?: unknown;
  /** "" or "SUCCESS", or the reason in words. */
  readonly msg?: unknown;
  /** The topic of a push: "BTC-USDT@kline_1m"; "" or absent in answers. */
  readonly dataType?: unknown;
  /** "BTC-USDT". */
  readonly s?: unknown;
  /** An array of updates in every recording, an object (or an object with K) in older pages; null in answers. */
  readonly data?: unknown;
}

/** One candle update. All but T are decimal text. */
interface WireUpdate {
  /** Open time, epoch ms: 1761327420000. The documentation's samples show an inclusive close time. */
  readonly T?: unknown;
  /** Open price in the quote currency: "110298.6". */
  readonly o?: unknown;
  /** Highest price so far: "110298.6". */
  readonly h?: unknown;
  /** Lowest price so far: "110265.1". */
  readonly l?: unknown;
  /** Last price: "110267.6". */
  readonly c?: unknown;
  /** Base coin so far: "2.0741". */
  readonly v?: unknown;
}
