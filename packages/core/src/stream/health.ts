import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { SymbolException } from './exceptions.ts';
import type { StreamStatus, SymbolStatus } from './status.ts';

/** The body of `/health`. Instants are ISO texts. */
export interface Health {
  readonly status: 'ok' | 'unhealthy';
  readonly reason?: string;
  readonly now: string;
  readonly link: {
    readonly connected: boolean;
    readonly since: string;
    readonly lastFrameAt: string | null;
    readonly reconnects: number;
  };
  readonly historyReachable: boolean;
  readonly symbols: number;
  /** Of the symbols that count for health. */
  readonly missingLiveSlots: number;
  /** Symbols that are not kept as usual, and why. */
  readonly exceptions: readonly ({ readonly symbol: string } & SymbolException)[];
  /** Slots whose row of history can't be read, of all symbols, and the oldest one; null for none. */
  readonly unreadable: {
    readonly slots: number;
    readonly symbol: string;
    readonly openTime: string;
  } | null;
  readonly oldestUnresolved: { readonly symbol: string; readonly openTime: string } | null;
  readonly backfill: StreamStatus['backfill'];
  readonly lake: {
    readonly dirtyDays: number;
    readonly asOf: string | null;
    readonly derivedAt: string | null;
    readonly lastError: string | null;
  };
}

/** A live slot may stay unresolved for this many intervals. */
const LATE_INTERVALS = 3;
/** How far the lake may be behind the store on a host that derives after every change. */
const LAKE_LAG_MS = 5 * MINUTE_MS;
/**
 * A live candle takes one request to become final; at one request a second the request budget allows about
 * one in this time.
 */
const REQUEST_SHARE_MS = 1.2 * SECOND_MS;

export interface HealthOptions {
  /** Exchange time. */
  readonly now: EpochMs;
  /** Now by the clock of the lake's `oldestDirtySince`; when left out, that is the clock of `now`. */
  readonly lakeNow?: number;
  readonly interval: Interval;
  /** As set; 1 when left out. */
  readonly requestsPerSecond?: number;
  /** How long the lake may be behind its store. */
  readonly lakeLagMs?: number;
}

/**
 * How long after its close a live slot may stay unresolved, in ms: three intervals, or with many symbols the
 * time of a round over all of them at the allowed pace. A pace above one request a second is not relied on:
 * the exchange may end it.
 */
export function allowedDelayMs(lengthMs: number, symbols: number, requestsPerSecond = 1): number {
  const roundMs = (symbols * 2 * REQUEST_SHARE_MS) / Math.min(1, requestsPerSecond);
  return Math.max(LATE_INTERVALS * lengthMs, lengthMs + roundMs);
}

/**
 * Whether late slots of a symbol make the program unhealthy. They do as long as history is expected to have
 * them: also when only the subscription is refused, but not while the symbol is not traded or is refused.
 */
export function countsForHealth({ exception }: Pick<SymbolStatus, 'exception'>): boolean {
  return (exception?.state ?? 'rejected') === 'rejected';
}

/** The health of a running stream at `now`. */
export function healthOf(
  status: StreamStatus,
  { now, lakeNow, interval, requestsPerSecond, lakeLagMs = LAKE_LAG_MS }: HealthOptions,
): Health {
  const lengthMs = intervalMs(interval);
  const allowedMs = allowedDelayMs(lengthMs, status.symbols.length, requestsPerSecond);
  const reason = unhealthyReason(status, { now, lakeNow, openMs: lengthMs + allowedMs, lakeLagMs });
  const { link, lake } = status;
  const counted = status.symbols.filter(countsForHealth);
  const late = oldestLate(counted);
  return {
    status: reason ? 'unhealthy' : 'ok',
    ...(reason ? { reason } : {}),
    now: formatInstant(now),
    link: {
      connected: link.connected,
      since: formatInstant(link.since),
      lastFrameAt: instantOrNull(link.lastFrameAt),
      reconnects: link.reconnects,
    },
    historyReachable: status.reachable,
    symbols: status.symbols.length,
    missingLiveSlots: counted.reduce((sum, symbol) => sum + symbol.missing, 0),
    exceptions: exceptionsOf(status.symbols),
    unreadable: unreadableSlots(status.symbols),
    oldestUnresolved: late && { symbol: late.symbol, openTime: formatInstant(late.openTime) },
    backfill: status.backfill,
    lake: {
      dirtyDays: lake.dirtyDays,
      asOf: instantOrNull(lake.lastAsOf || null),
      derivedAt: instantOrNull(lake.lastDerivedAt),
      lastError: lake.lastError,
    },
  };
}

function unhealthyReason(
  status: StreamStatus,
  {
    now,
    lakeNow,
    openMs,
    lakeLagMs,
  }: {
    now: EpochMs;
    lakeNow: number | undefined;
    /** How long after its open time a slot may stay unresolved. */
    openMs: number;
    lakeLagMs: number;
  },
): string | null {
  const { link, symbols, lake, unansweredSince } = status;
  if (!link.connected) return `no link to the exchange since ${formatInstant(link.since)}`;
  if (unansweredSince && now - unansweredSince > openMs)
    return `the exchange has answered no request since the start at ${formatInstant(unansweredSince)}`;
  const late = oldestLate(symbols.filter(countsForHealth));
  if (late && now - late.openTime > openMs)
    return `${late.symbol} has not settled since ${formatInstant(late.openTime)}`;
  if (lake.lastError) return `the lake can't be written: ${lake.lastError}`;
  const lagMs = lake.oldestDirtySince === null ? 0 : (lakeNow ?? now) - lake.oldestDirtySince;
  if (lagMs > lakeLagMs && !status.backfill.running) {
    // To the second with two clocks: their readings differ by a millisecond, which must not change the text.
    const since = lakeNow === undefined ? now - lagMs : Math.floor((now - lagMs) / SECOND_MS) * SECOND_MS;
    return `the lake lags behind the store since ${formatInstant(since)}`;
  }
  return null;
}

function exceptionsOf(symbols: readonly SymbolStatus[]): Health['exceptions'] {
  return symbols.flatMap(({ symbol, exception }) => (exception ? [{ symbol, ...exception }] : []));
}

function unreadableSlots(symbols: readonly SymbolStatus[]): Health['unreadable'] {
  let slots = 0;
  let oldest: { symbol: string; first: EpochMs } | null = null;
  for (const { symbol, unreadable } of symbols) {
    if (!unreadable) continue;
    slots += unreadable.slots;
    if (oldest === null || unreadable.first < oldest.first) oldest = { symbol, first: unreadable.first };
  }
  return oldest && { slots, symbol: oldest.symbol, openTime: formatInstant(oldest.first) };
}

function oldestLate(symbols: readonly SymbolStatus[]): { symbol: string; openTime: EpochMs } | null {
  let oldest: { symbol: string; openTime: EpochMs } | null = null;
  for (const { symbol, oldestUnresolvedLive: openTime } of symbols) {
    if (openTime !== null && (oldest === null || openTime < oldest.openTime)) oldest = { symbol, openTime };
  }
  return oldest;
}

function instantOrNull(time: EpochMs | null): string | null {
  return time === null ? null : formatInstant(time);
}
