import { gzipSync } from 'node:zlib';
import type { BookValues } from './drawSlot.ts';

/** What one frame of the socket carries: bytes of gzip, or the text itself. */
export type Frame = Uint8Array | string;

export interface Push {
  readonly symbol: string;
  readonly intervalName: string;
  readonly openTime: number;
  readonly values: BookValues;
}

/** The text of an update. Source: docs/bingx.md, "WebSocket". */
export function pushText({ symbol, intervalName, openTime, values }: Push): string {
  const { open, high, low, close, volume } = values;
  const data = [{ c: close, o: open, h: high, l: low, v: volume, T: openTime }];
  return JSON.stringify({ code: 0, dataType: `${symbol}@kline_${intervalName}`, s: symbol, data });
}

/** The text of the answer to a subscription. */
export function answerText(id: string, isRefused: boolean): string {
  const refusal = { code: 80015, msg: 'dataType not support' };
  return JSON.stringify({ id, ...(isRefused ? refusal : { code: 0, msg: '' }), dataType: '', data: null });
}

const PING = gzipSync('Ping');

/** The frame of a text. */
export function frameOf(text: string, isGzip: boolean): Frame {
  if (!isGzip) return text;
  return text === 'Ping' ? PING : gzipSync(text);
}

/** A frame that is no message, in place of one: cut off, of another shape, too large, or no gzip. */
export function brokenFrame(text: string, isGzip: boolean, random: () => number): Frame {
  const texts = [text.slice(0, Math.floor(random() * text.length)), '[', '{"a":1}', '[['.repeat(5_000)];
  const whole = frameOf(texts[Math.floor(random() * texts.length)]!, isGzip);
  if (random() < 0.05) return frameOf('x'.repeat(2 ** 20 + 1), isGzip);
  if (!isGzip || random() < 0.3) return whole;
  const bytes = new Uint8Array(frameOf(text, true) as Uint8Array);
  const place = Math.floor(random() * bytes.length);
  if (random() < 0.5) return bytes.subarray(0, place);
  bytes[place]! ^= 1 + Math.floor(random() * 255);
  return bytes;
}

/** Values that no candle has. */
export function absurdValues(values: BookValues, random: () => number): BookValues {
  const kinds: readonly BookValues[] = [
    { ...values, low: '0' },
    { ...values, close: '-1' },
    { ...values, high: 'NaN' },
    { ...values, high: values.low, low: String(Number(values.high) + 1) },
    { ...values, volume: 'Infinity' },
    { ...values, open: String(Number(values.high) * 2) },
  ];
  return kinds[Math.floor(random() * kinds.length)]!;
}
