import type { EpochMs } from '@candlelake/core';
import type {
  BadSlots,
  BadValues,
  Choices,
  ClosingHours,
  ContractChange,
  GarbageKind,
  Hole,
  Replica,
  Stale,
} from './faultParts.ts';

/**
 * Faults that hold while the clock is in [from, to), in place of those of the same name. Later phases win.
 */
export interface Phase {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly faults: Partial<Omit<Faults, 'phases'>>;
}

/**
 * Everything that the stand-in can do wrong, as plain JSON. {@link NO_FAULTS} is an exchange without faults.
 */
export interface Faults extends Choices {
  readonly phases: readonly Phase[];
  readonly holes: readonly Hole[];
  readonly badSlots: readonly BadSlots[];
  readonly closingHours: readonly ClosingHours[];
  /** Start of history: older rows are gone. */
  readonly historyFrom: EpochMs | null;
  /** Share of the polls in which the newest row is left out, 0 to 1. */
  readonly vanishingNewest: number;
  readonly stale: readonly Stale[];
  readonly replicas: readonly Replica[];
  /** The most rows of one response, whatever the requested limit. */
  readonly maxRows: number;
  /** Symbols whose klines are `data: []`. */
  readonly emptyHistory: readonly string[] | 'all';
  /** Symbols that are listed, but refused by history with 109415, and without frames. */
  readonly paused: readonly string[];
  readonly contracts: readonly ContractChange[];
  /** Every request before `until` is refused; the text names the end of the ban. */
  readonly ban: { readonly until: EpochMs; readonly code: 100410 | 109429 } | null;
  /** Share of the requests that `rest` hits, 0 to 1. */
  readonly restShare: number;
  readonly restDelayMs: number;
  readonly badRows: BadValues | null;
  /** Added to the time that the server time endpoint answers. */
  readonly serverTimeOffsetMs: number;
  /** Added to the time in the `Date` header of every REST answer. */
  readonly dateOffsetMs: number;
  /** Nothing is sent on open connections, pings included. */
  readonly silent: boolean;
  /** Symbols whose subscription is accepted and whose candles are never sent. */
  readonly muted: readonly string[] | 'all';
  /** Symbols whose topics are refused with 80015, although they are listed. */
  readonly refusedTopics: readonly string[];
  readonly badFrames: BadValues | null;
  /** Garbage in addition to a share of the frames. */
  readonly garbage: { readonly kinds: readonly GarbageKind[]; readonly share: number } | null;
  /** Connections end after this long on average: with close code 1000, or without a close frame. */
  readonly cut: { readonly meanMs: number; readonly how: 'clean' | 'abrupt' } | null;
}

export const NO_FAULTS: Faults = {
  rest: 'ok',
  restData: 'rows',
  connect: 'ok',
  streamData: 'array',
  streamTime: 'open',
  streamEncoding: 'gzip',
  refusedTopicFrame: 'none',
  bounds: 'halfOpen',
  rateHeaders: 'sent',
  unknownTopic: 'refused',
  phases: [],
  holes: [],
  badSlots: [],
  closingHours: [],
  historyFrom: null,
  vanishingNewest: 0,
  stale: [],
  replicas: [],
  // More than 1000 are silently capped, although the documentation says 1440: docs/bingx.md trap 4.
  maxRows: 1000,
  emptyHistory: [],
  paused: [],
  contracts: [],
  ban: null,
  restShare: 1,
  restDelayMs: 0,
  badRows: null,
  serverTimeOffsetMs: 0,
  dateOffsetMs: 0,
  silent: false,
  muted: [],
  refusedTopics: [],
  badFrames: null,
  garbage: null,
  cut: null,
};

/** The faults in force at `time`. */
export function faultsAt(faults: Faults, time: EpochMs): Faults {
  if (faults.phases.length === 0) return faults;
  const current = faults.phases.filter(({ from, to }) => time >= from && time < to);
  return Object.assign({}, faults, ...current.map((phase) => phase.faults));
}

/** Whether a fault that names symbols, or `'all'`, names this one. */
export function includesSymbol(symbols: readonly string[] | 'all', symbol: string): boolean {
  return symbols === 'all' || symbols.includes(symbol);
}
