import type { CandleUpdate, Series } from '../domain/candle/candle.ts';
import { HOUR_MS } from '../domain/time/time.ts';
import { parseFrame, type WireFrame, type WireUpdate } from './frame.ts';
import { isObject, readInteger } from './jsonValues.ts';
import { parseKline, type RecordChecks } from './klines.ts';
import { MARKET_WIRES } from './markets.ts';

/** The content of one frame of a market's WebSocket. */
export type StreamMessage =
  | { readonly kind: 'ping'; readonly reply: string }
  /** The answer to a subscription, which `id` or `symbol` names; `code` 0 is success. */
  | {
      readonly kind: 'answer';
      readonly id: string | null;
      readonly symbol: string | null;
      readonly code: number;
      readonly message: string;
    }
  /** The good records of a push; none when all were refused. */
  | { readonly kind: 'updates'; readonly updates: readonly CandleUpdate[] }
  /** No message: it does not show that the exchange's side works. */
  | { readonly kind: 'unreadable' };

export interface MessageChecks extends RecordChecks {
  /** Symbols of this connection by topic. */
  readonly topics: ReadonlyMap<string, string>;
}

/** A push shows a candle that is open or just ended. A candle that ended longer ago is left to history. */
const MAX_AGE_MS = HOUR_MS;

/** Recorded pushes have one record; the documentation allows more. */
const MAX_RECORDS = 100;

/** The part of an answer's text that is kept. */
const MAX_TEXT_CHARACTERS = 200;

/** A heartbeat's id has 32 characters; a much longer one is not echoed. */
const MAX_PING_CHARACTERS = 256;

/** The topic of a symbol's klines: `BTC-USDT@kline_3m`. Source: BingX "Subscribe K-Line Data". */
export function klineTopic({ market, symbol, interval }: Series): string {
  return `${symbol}@kline_${MARKET_WIRES[market].topicInterval(interval)}`;
}

/** The message that subscribes to a topic. `id` may be any text; the answer carries it. */
export function subscribeText(id: string, topic: string): string {
  return JSON.stringify({ id, reqType: 'sub', dataType: topic });
}

/** Reads the text of one frame. Never throws: a bad frame or record goes to `checks.refuse`. */
export function parseMessage(text: string, checks: MessageChecks): StreamMessage {
  const pong = pongTo(text, null);
  if (pong !== null) return { kind: 'ping', reply: pong };
  const frame = parseFrame(text);
  if (!isObject(frame)) {
    checks.refuse('unreadable frame', text.slice(0, MAX_PING_CHARACTERS));
    return { kind: 'unreadable' };
  }
  const wire: WireFrame = frame;
  if (wire.ping !== undefined) return jsonPing(text, wire, checks);
  const code = wire.code === undefined ? 0 : readInteger(wire.code);
  const isPush = typeof wire.data === 'object' && wire.data !== null && typeof wire.dataType === 'string';
  if (code === 0 && isPush && wire.dataType !== '') return { kind: 'updates', updates: pushed(wire, checks) };
  const id = typeof wire.id === 'string' || typeof wire.id === 'number' ? String(wire.id) : null;
  if (code === null || (id === null && code === 0)) {
    checks.refuse('wrong shape', frame);
    return { kind: 'updates', updates: [] };
  }
  const symbol = typeof wire.dataType === 'string' ? (checks.topics.get(wire.dataType) ?? null) : null;
  const message = typeof wire.msg === 'string' ? wire.msg.slice(0, MAX_TEXT_CHARACTERS) : '';
  return { kind: 'answer', id, symbol, code, message };
}

/**
 * The answer to a heartbeat: a word on swap (docs/bingx.md trap 17), JSON that returns the id on spot
 * (docs/bingx.md trap 19). Null for any other frame, and for an id that is too long.
 */
export function pongTo(text: string, frame: unknown): string | null {
  if (text === 'Ping' || text === 'ping') return 'Pong';
  if (!isObject(frame) || frame.ping === undefined) return null;
  const { ping, time }: WireFrame = frame;
  const reply = isPlain(ping) && isPlain(time) ? JSON.stringify({ pong: ping, time }) : null;
  return reply !== null && reply.length <= MAX_PING_CHARACTERS ? reply : null;
}

function jsonPing(text: string, frame: WireFrame, { refuse }: MessageChecks): StreamMessage {
  const reply = pongTo(text, frame);
  if (reply !== null) return { kind: 'ping', reply };
  refuse('wrong shape', text.slice(0, MAX_PING_CHARACTERS));
  return { kind: 'updates', updates: [] };
}

function isPlain(value: unknown): boolean {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

function pushed(wire: WireFrame, checks: MessageChecks): readonly CandleUpdate[] {
  const symbol = checks.topics.get(wire.dataType as string);
  // Swap names the symbol beside the data, spot inside.
  const named = wire.s ?? (isObject(wire.data) ? wire.data.s : undefined);
  if (symbol === undefined || (named !== undefined && named !== symbol)) {
    checks.refuse('wrong symbol', { dataType: wire.dataType, s: named });
    return [];
  }
  const updates: CandleUpdate[] = [];
  const records: readonly unknown[] = Array.isArray(wire.data) ? wire.data : [wire.data];
  if (records.length > MAX_RECORDS) checks.refuse('too many records', records.length);
  for (const record of records.slice(0, MAX_RECORDS)) {
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
  if (typeof row === 'string' || isStale(row.openTime, checks)) {
    checks.refuse(typeof row === 'string' ? row : 'too old', record);
    return null;
  }
  return { symbol, ...row };
}

function isStale(openTime: number, { intervalMs, now }: RecordChecks): boolean {
  return now !== null && openTime + intervalMs + MAX_AGE_MS < now;
}
