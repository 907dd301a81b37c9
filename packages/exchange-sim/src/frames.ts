import { crc32, gzipSync } from 'node:zlib';
import type { EpochMs } from '@candlelake/core';
import { formatUnits } from './decimals.ts';
import { type Instrument, joinCandles, tradedBetween, type UnitCandle } from './instrument.ts';
import { draw } from './noise.ts';
import { stateAfter, updatesOf } from './updates.ts';
import { startOf } from './view.ts';

/**
 * A frame of the stream and its time. Without a candle nothing is sent: there is no frame before `sendAt`.
 */
export interface PlannedFrame {
  readonly sendAt: EpochMs;
  readonly openTime: EpochMs;
  readonly candle: UnitCandle | null;
}

/** Recorded: the last frame of a candle came 0.31 and 0.49 s after its close (docs/bingx.md trap 12). */
const LAST_FRAME_DELAY_MS = [300, 500] as const;
/** Recorded: the first frame of a candle came 2.56 and 2.72 s after its open (docs/bingx.md trap 12). */
const FIRST_FRAME_DELAY_MS = [2560, 2720] as const;
/** A last trade less than this before the close is shown after the close. */
const LAST_TRADES_MS = 2000;

/** The frames of one topic after `time`, until the end of the market. Pure. */
export function* framesFrom(
  instrument: Instrument,
  intervalMs: number,
  time: EpochMs,
): Generator<PlannedFrame> {
  const { baseMs } = instrument;
  for (let baseOpen = startOf(time, baseMs); baseOpen < instrument.to; baseOpen += baseMs) {
    const openTime = startOf(baseOpen, intervalMs);
    const updates = baseOpen < instrument.from ? null : updatesOf(instrument, baseOpen);
    if (!updates) {
      yield { sendAt: baseOpen + baseMs, openTime, candle: null };
      continue;
    }
    const earlier = tradedBetween(instrument, openTime, baseOpen);
    for (let i = 0; i < updates.length; i += 1) {
      const sendAt = sendTime({ instrument, intervalMs, baseOpen, offsets: updates.at, index: i });
      if (sendAt === null || sendAt <= time) continue;
      yield { sendAt, openTime, candle: joinCandles(earlier, stateAfter(updates, i)) };
    }
  }
}

/** When update `index` of a base candle is sent; null when a later one replaces it. */
function sendTime(place: {
  readonly instrument: Instrument;
  readonly intervalMs: number;
  readonly baseOpen: EpochMs;
  readonly offsets: Float64Array;
  readonly index: number;
}): EpochMs | null {
  const { instrument, intervalMs, baseOpen, offsets, index } = place;
  const { seed, baseMs } = instrument;
  const offset = offsets[index]!;
  const closesSlot = (baseOpen + baseMs) % intervalMs === 0;
  if (closesSlot && index === offsets.length - 1 && offset >= baseMs - LAST_TRADES_MS) {
    return baseOpen + baseMs + between(LAST_FRAME_DELAY_MS, draw(seed, 40, baseOpen));
  }
  const firstDelay = between(FIRST_FRAME_DELAY_MS, draw(seed, 41, baseOpen));
  if (baseOpen % intervalMs !== 0 || offset >= firstDelay) return baseOpen + offset;
  const next = offsets[index + 1];
  return next !== undefined && next < firstDelay ? null : baseOpen + firstDelay;
}

/** The values of a candle's frame; keys in recorded order, `T` is `time`. */
export function streamValues(instrument: Instrument, candle: UnitCandle, time: EpochMs): StreamValues {
  const { priceDecimals, volumeDecimals } = instrument;
  return {
    c: formatUnits(candle.close, priceDecimals),
    o: formatUnits(candle.open, priceDecimals),
    h: formatUnits(candle.high, priceDecimals),
    l: formatUnits(candle.low, priceDecimals),
    v: formatUnits(candle.volume, volumeDecimals),
    T: time,
  };
}

export interface StreamValues {
  readonly c: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
  readonly T: EpochMs;
}

/** How frames are compressed: `stored` is gzip without compression, about twenty times cheaper. */
export type GzipMode = 'deflate' | 'stored';

/** A text as a gzip member. */
export function gzipFrame(text: string, mode: GzipMode): Buffer {
  const bytes = Buffer.from(text);
  if (mode === 'deflate' || bytes.length > 0xffff) return gzipSync(bytes);
  const frame = Buffer.allocUnsafe(bytes.length + 23);
  // RFC 1952 header, one final stored block (RFC 1951), checksum and length.
  frame.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]);
  frame.writeUInt16LE(bytes.length, 11);
  frame.writeUInt16LE(~bytes.length & 0xffff, 13);
  bytes.copy(frame, 15);
  frame.writeUInt32LE(crc32(bytes), bytes.length + 15);
  frame.writeUInt32LE(bytes.length, bytes.length + 19);
  return frame;
}

function between([from, to]: readonly [number, number], share: number): number {
  return Math.round(from + (to - from) * share);
}
