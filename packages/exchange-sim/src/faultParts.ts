import type { EpochMs } from '@candlelake/core';
import type { ContractState } from './contractState.ts';

/** Slots whose open time is in [from, to), of one symbol or of all. */
export interface SlotRange {
  readonly symbol?: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Slots whose candles are never shown. */
export interface Hole extends SlotRange {
  readonly in: 'history' | 'stream' | 'both';
}

/** Slots whose row or frame always has this bad value. */
export interface BadSlots extends Hole {
  readonly kind: BadValue;
}

/** Closed candles that history shows too small at first and in full later: finals that are revised. */
export interface Stale extends Partial<SlotRange> {
  /** Share of these slots, 0 to 1; default 1. */
  readonly share?: number;
  /**
   * Ms after the close from which on history shows the final candle; null for never, until the fault is
   * removed.
   */
  readonly afterMs: number | null;
}

/**
 * Minutes of the UTC day, [fromMinute, toMinute), in which a market has neither rows nor frames; by open
 * time.
 */
export interface ClosingHours {
  /** All symbols when left out. */
  readonly symbol?: string;
  /** 0 is Sunday; every day when left out. */
  readonly weekdays?: readonly number[];
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** A server with part of the history that answers a share of the klines requests. */
export interface Replica {
  /** Share of the requests, 0 to 1. */
  readonly share: number;
  /** It has only the candles that opened in the last `keepsMs`; everything when left out. */
  readonly keepsMs?: number;
  /** Slots that it does not have. */
  readonly holes?: readonly SlotRange[];
  /** Share of the other slots that it does not have, 0 to 1; always the same ones. */
  readonly missingShare?: number;
}

/** What the contract list says of a symbol in place of its own state. */
export interface ContractChange extends Partial<ContractState> {
  readonly symbol: string;
  /** False takes it off the list: 109425 for its history, 80015 for its topics, no frames. */
  readonly listed?: boolean;
}

/** Values that no valid candle has, but for `openAboveHigh`. */
export const BAD_VALUES = [
  'wrongType',
  'null',
  'nan',
  'infinite',
  'negative',
  'zero',
  'negativeVolume',
  'highBelowLow',
  /** The open is one tick above the high, as in a real candle: docs/bingx.md trap 37. */
  'openAboveHigh',
  'offGrid',
  /** The open time is one second off the grid. */
  'oneSecondLate',
  'future',
  'missingField',
  /** A symbol without a subscription; frames only, as rows name no symbol. */
  'foreignSymbol',
] as const;
export type BadValue = (typeof BAD_VALUES)[number];

export interface BadValues {
  readonly kinds: readonly BadValue[];
  /** Share of the rows or frames that are hit, 0 to 1; drawn again for each response. */
  readonly share: number;
  /** Whether the bad row replaces the good one or is sent in addition, before it. */
  readonly instead: boolean;
}

/** Frames that are no valid message. */
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

/** The faults with one of several values; the first one is the normal case. */
export const CHOICES = {
  /**
   * The answer to a REST request. `drop` cuts the connection, `busy` is 100410 without a penalty, `cut` half
   * a body.
   */
  rest: [
    'ok',
    'hang',
    'drop',
    'http500',
    'http502',
    'http403',
    'http418',
    'http429',
    'busy',
    'notJson',
    'cut',
  ],
  /** `data` of a klines response. */
  restData: ['rows', 'ascending', 'null', 'emptyObject', 'singleObject'],
  /** The answer to a new connection: refused with 403, cut, or none. */
  connect: ['ok', 'forbidden', 'drop', 'hang'],
  /** `data` of a candle frame; `pair` is an array of the previous view and this one. */
  streamData: ['array', 'pair', 'object', 'null', 'emptyObject'],
  /** Whether `T` is the open time, as recorded, or the inclusive close time, as documented once. */
  streamTime: ['open', 'close'],
  streamEncoding: ['gzip', 'text'],
  /**
   * Whether a refused topic (80015, 80403) sends one data frame all the same, and on which side of the
   * refusal.
   */
  refusedTopicFrame: ['none', 'after', 'before'],
  /** Whether a row that opens at `endTime` belongs to the answer. */
  bounds: ['halfOpen', 'endInclusive'],
  /** Whether answers name what is left of the rate limit. */
  rateHeaders: ['sent', 'none'],
  /** The answer to a topic of a symbol that does not exist: 80015, or success without a frame. */
  unknownTopic: ['refused', 'accepted'],
} as const;

/** A value for each of {@link CHOICES}. */
export type Choices = { readonly [Name in keyof typeof CHOICES]: (typeof CHOICES)[Name][number] };
