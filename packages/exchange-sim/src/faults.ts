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

/** A value that no candle can have. */
export type Lie =
  | 'wrongType'
  | 'null'
  | 'nan'
  | 'negative'
  | 'zero'
  | 'highBelowLow'
  | 'offGrid'
  | 'future'
  | 'foreignSymbol'
  | 'missingField';

export interface Lies {
  readonly kinds: readonly Lie[];
  /** Share of the rows or frames that are hit, 0 to 1; drawn anew for each response. */
  readonly share: number;
  /** Whether the lie takes the place of the truth, or comes beside it. */
  readonly instead: boolean;
}

/** A frame that is no message at all. */
export type GarbageKind =
  | 'notGzip'
  | 'cutGzip'
  | 'notJson'
  | 'jsonNull'
  | 'jsonArray'
  | 'empty'
  | 'bomb'
  | 'huge';

/** Everything that the stand-in can do wrong. {@link NO_FAULTS} is an exchange on a good day. */
export interface Faults {
  readonly holes: readonly Hole[];
  /** History begins here: older rows are gone. */
  readonly historyFrom: EpochMs | null;
  /** Share of the polls in which the newest row is left out, 0 to 1. */
  readonly vanishingNewest: number;
  readonly stale: readonly Stale[];
  /** The most rows of one response, whatever was asked for. */
  readonly maxRows: number;

  /** What becomes of a REST request. `drop` cuts the connection, `busy` is 100410 without a penalty. */
  readonly rest: 'ok' | 'hang' | 'drop' | 'http500' | 'http403' | 'http429' | 'busy' | 'notJson' | 'cut';
  /** Share of the requests that `rest` hits, 0 to 1. */
  readonly restShare: number;
  readonly restDelayMs: number;
  /** What `data` of a klines response is. */
  readonly restData: 'rows' | 'ascending' | 'null' | 'emptyObject' | 'singleObject';
  readonly restLies: Lies | null;

  /** What becomes of a new connection: refused with 403, cut, or left without an answer. */
  readonly connect: 'ok' | 'forbidden' | 'drop' | 'hang';
  /** Nothing at all is sent any more, pings included. */
  readonly silent: boolean;
  /** Symbols whose subscription is accepted and whose candles are never sent. */
  readonly muted: readonly string[] | 'all';
  /** What `data` of a candle's frame is. */
  readonly streamData: 'array' | 'object' | 'null' | 'emptyObject';
  /** Whether `T` is the open time, as recorded, or the inclusive close time, as documented once. */
  readonly streamTime: 'open' | 'close';
  readonly streamEncoding: 'gzip' | 'text';
  readonly streamLies: Lies | null;
  readonly garbage: { readonly kinds: readonly GarbageKind[]; readonly share: number } | null;
}

export const NO_FAULTS: Faults = {
  holes: [],
  historyFrom: null,
  vanishingNewest: 0,
  stale: [],
  // Recorded: more than 1000 are silently capped, although the documentation says 1440 (dossier, TE).
  maxRows: 1000,
  rest: 'ok',
  restShare: 1,
  restDelayMs: 0,
  restData: 'rows',
  restLies: null,
  connect: 'ok',
  silent: false,
  muted: [],
  streamData: 'array',
  streamTime: 'open',
  streamEncoding: 'gzip',
  streamLies: null,
  garbage: null,
};

/** Whether `slot` is hidden from history or from the stream. */
export function isHidden(
  faults: Faults,
  where: 'history' | 'stream',
  slot: { readonly symbol: string; readonly openTime: EpochMs },
): boolean {
  if (where === 'history' && faults.historyFrom !== null && slot.openTime < faults.historyFrom) return true;
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
