import { BadDataError } from '../errors.ts';
import type { Inflate } from '../ports.ts';

/**
 * A frame with one candle has 140 characters. A frame that inflates to more than this is an attack or a
 * fault.
 */
const MAX_FRAME_BYTES = 1024 * 1024;

const decoder = new TextDecoder();

/**
 * The text of a frame. Frames are gzip in every recording; plain text and plain bytes are read as well.
 * Throws BadDataError when the frame does not inflate or is larger than a mebibyte.
 */
export function frameText(data: Uint8Array | string, inflate: Inflate): string {
  if (data.length > MAX_FRAME_BYTES) {
    throw new BadDataError(`a frame has ${data.length} bytes, expected at most ${MAX_FRAME_BYTES}`);
  }
  if (typeof data === 'string') return data;
  const isGzip = data[0] === 0x1f && data[1] === 0x8b;
  return decoder.decode(isGzip ? inflate(data, MAX_FRAME_BYTES) : data);
}

/** The JSON value of a frame's text; undefined when the text is not JSON. */
export function parseFrame(text: string): unknown {
  return parseRecordedPush(text) ?? parseJson(text);
}

/** The only form of push in all recordings of the swap market, with its keys in this order. */
const PUSH =
  /^\{"code":0,"dataType":"([\w-]+@\w+)","s":"([\w-]+)","data":\[\{"c":"([\d.]+)","o":"([\d.]+)","h":"([\d.]+)","l":"([\d.]+)","v":"([\d.]+)","T":([1-9]\d{12})\}\]\}$/;

/**
 * Reads a push in its recorded form with the same result as JSON.parse, in a third of the time: nearly every
 * frame has this form. Null for any other text.
 */
export function parseRecordedPush(text: string): WireFrame | null {
  const match = PUSH.exec(text);
  if (!match) return null;
  const [, dataType, s, c, o, h, l, v, T] = match;
  return { code: 0, dataType, s, data: [{ c, o, h, l, v, T: Number(T) }] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// ---- the wire --------------------------------------------------------------------------------------------
// https://bingx-api.github.io/docs-v3 "Swap WebSocket"; samples from a recording of 2025-10-24.

/** Any JSON frame. */
export interface WireFrame {
  /** In a spot heartbeat, to be echoed: "5963ba3db76049b2870f9a686b2ebaac". */
  readonly ping?: unknown;
  /** In a spot heartbeat, ISO time with zone, to be echoed: "2023-10-02T18:51:55.089+0800". */
  readonly time?: unknown;
  /** Only in answers: the id of the request. */
  readonly id?: unknown;
  /** 0, or why a request was refused: 80015. */
  readonly code?: unknown;
  /** "" or "SUCCESS", or the reason as text. */
  readonly msg?: unknown;
  /** The topic of a push: "BTC-USDT@kline_1m"; "" or absent in answers. */
  readonly dataType?: unknown;
  /** "BTC-USDT". */
  readonly s?: unknown;
  /**
   * An array of updates in every recording, an object (or an object with K) in older pages; null in answers.
   */
  readonly data?: unknown;
}

/** One candle update. All fields but T are decimal text. */
export interface WireUpdate {
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
  /** Volume so far in the base coin: "2.0741". */
  readonly v?: unknown;
}
