import type { EpochMs } from '@candlelake/core';
import { draw } from './noise.ts';

/** Slots whose open time is in [from, to) that nobody ever sees a candle of. */
export interface Hole {
  /** All symbols when left out. */
  readonly symbol?: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly in: 'history' | 'stream' | 'both';
}

/** Closed candles that history shows too small at first, and whole later: finals that are revised. */
export interface Stale {
  readonly symbol?: string;
  /** Slots whose open time is in [from, to); all when left out. */
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  /** Share of these slots, 0 to 1; default 1. */
  readonly share?: number;
  /** Ms after the close at which history shows the truth; null for never, until the fault is taken back. */
  readonly afterMs: number | null;
}

/** What a row or a frame can say that no candle can be. */
export const LIES = [
  'wrongType',
  'null',
  'nan',
  'infinite',
  'negative',
  'zero',
  'negativeVolume',
  'highBelowLow',
  'offGrid',
  'future',
  'missingField',
  /** A symbol that nobody asked for; frames only, as rows name none. */
  'foreignSymbol',
] as const;
export type Lie = (typeof LIES)[number];

export interface Lies {
  readonly kinds: readonly Lie[];
  /** Share of the rows or frames that are hit, 0 to 1; drawn anew for each response. */
  readonly share: number;
  /** Whether the lie takes the place of the truth, or comes beside it. */
  readonly instead: boolean;
}

/** Frames that are no message at all. */
export const GARBAGE = [
  'notGzip',
  'cutGzip',
  'notJson',
  'null',
  'array',
  'object',
  'empty',
  'bomb',
  'huge',
] as const;
export type GarbageKind = (typeof GARBAGE)[number];

/** The faults that are one word of several, the harmless one first. */
export const CHOICES = {
  /** What becomes of a REST request. `drop` cuts the connection, `busy` is 100410 without a penalty, `cut` half a body. */
  rest: ['ok', 'hang', 'drop', 'http500', 'http403', 'http429', 'busy', 'notJson', 'cut'],
  /** What `data` of a klines response is. */
  restData: ['rows', 'ascending', 'null', 'emptyObject', 'singleObject'],
  /** What becomes of a new connection: refused with 403, cut, or left without an answer. */
  connect: ['ok', 'forbidden', 'drop', 'hang'],
  /** What `data` of a candle's frame is; `pair` is an array of the view before and this one. */
  streamData: ['array', 'pair', 'object', 'null', 'emptyObject'],
  /** Whether `T` is the open time, as recorded, or the inclusive close time, as documented once. */
  streamTime: ['open', 'close'],
  streamEncoding: ['gzip', 'text'],
} as const;

type Choices = { readonly [Name in keyof typeof CHOICES]: (typeof CHOICES)[Name][number] };

/** Everything that the stand-in can do wrong. {@link NO_FAULTS} is an exchange on a good day. Plain JSON. */
export interface Faults extends Choices {
  readonly holes: readonly Hole[];
  /** History begins here: older rows are gone. */
  readonly historyFrom: EpochMs | null;
  /** Share of the polls in which the newest row is left out, 0 to 1. */
  readonly vanishingNewest: number;
  readonly stale: readonly Stale[];
  /** The most rows of one response, whatever was asked for. */
  readonly maxRows: number;
  /** Share of the requests that `rest` hits, 0 to 1. */
  readonly restShare: number;
  readonly restDelayMs: number;
  readonly restLies: Lies | null;
  /** Nothing at all is sent any more on open connections, pings included. */
  readonly silent: boolean;
  /** Symbols whose subscription is accepted and whose candles are never sent. */
  readonly muted: readonly string[] | 'all';
  readonly streamLies: Lies | null;
  /** Garbage beside a share of the frames. */
  readonly garbage: { readonly kinds: readonly GarbageKind[]; readonly share: number } | null;
  /** Connections end by themselves, after this long on average: with close code 1000, or without a word. */
  readonly cut: { readonly meanMs: number; readonly how: 'clean' | 'abrupt' } | null;
}

export const NO_FAULTS: Faults = {
  rest: 'ok',
  restData: 'rows',
  connect: 'ok',
  streamData: 'array',
  streamTime: 'open',
  streamEncoding: 'gzip',
  holes: [],
  historyFrom: null,
  vanishingNewest: 0,
  stale: [],
  // Recorded: more than 1000 are silently capped, although the documentation says 1440 (dossier, TE).
  maxRows: 1000,
  restShare: 1,
  restDelayMs: 0,
  restLies: null,
  silent: false,
  muted: [],
  streamLies: null,
  garbage: null,
  cut: null,
};

/** Whether `slot` is in a hole of history or of the stream. */
export function isInHole(
  faults: Faults,
  where: 'history' | 'stream',
  slot: { readonly symbol: string; readonly openTime: EpochMs },
): boolean {
  return faults.holes.some((hole) => (hole.in === 'both' || hole.in === where) && covers(hole, slot));
}

/** Whether history still shows the small, early view of a closed slot at `time`. */
export function isStale(
  faults: Faults,
  slot: { readonly symbol: string; readonly openTime: EpochMs; readonly closeTime: EpochMs },
  time: EpochMs,
): boolean {
  return faults.stale.some(
    (stale, index) =>
      covers(stale, slot) &&
      (stale.afterMs === null || time < slot.closeTime + stale.afterMs) &&
      draw(index, 30, slot.openTime) < (stale.share ?? 1),
  );
}

function covers(
  range: { readonly symbol?: string; readonly from?: EpochMs; readonly to?: EpochMs },
  slot: { readonly symbol: string; readonly openTime: EpochMs },
): boolean {
  if (range.symbol !== undefined && range.symbol !== slot.symbol) return false;
  return slot.openTime >= (range.from ?? -Infinity) && slot.openTime < (range.to ?? Infinity);
}
