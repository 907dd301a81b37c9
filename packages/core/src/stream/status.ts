import type { LakeStatus } from '../derive/keepLake.ts';
import type { Needs } from '../domain/slots/needs.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { MarketStreamEvent } from '../ports.ts';
import type { BackfillStatus } from '../repair/progress.ts';

export interface SymbolStatus {
  readonly symbol: string;
  /** Close time of the newest candle that the stream closed; null before the first. */
  readonly lastClose: EpochMs | null;
  /**
   * Oldest slot since the start of the stream that is missing or provisional, but for those that history has
   * already said once to be empty.
   */
  readonly oldestUnresolvedLive: EpochMs | null;
  readonly missing: number;
  readonly provisional: number;
  /** Why the exchange refused the subscription; null when it did not. */
  readonly rejected: string | null;
}

export interface LinkStatus {
  readonly connected: boolean;
  readonly connections: number;
  /** Since when there has been a link, or none. */
  readonly since: EpochMs;
  readonly lastFrameAt: EpochMs | null;
  /**
   * How long the last frame waited between the socket and the store's side, in ms: what grows when we are too
   * slow.
   */
  readonly lagMs: number;
  readonly reconnects: number;
}

/** A view of a running stream; instants are exchange time. */
export interface StreamStatus {
  readonly startedAt: EpochMs;
  readonly link: LinkStatus;
  /** History answered the last time. */
  readonly reachable: boolean;
  readonly symbols: readonly SymbolStatus[];
  readonly backfill: BackfillStatus;
  readonly lake: LakeStatus;
  readonly counters: StreamCounters;
}

export interface StreamCounters {
  readonly updates: number;
  readonly candlesStored: number;
  readonly slotsRepaired: number;
}

/** Gathers what happens into a {@link StreamStatus}. */
export function createStatusBoard(symbols: readonly string[], startedAt: EpochMs) {
  const bySymbol = new Map<string, SymbolStatus>(
    symbols.map((symbol) => [
      symbol,
      {
        symbol,
        lastClose: null,
        oldestUnresolvedLive: null,
        missing: 0,
        provisional: 0,
        rejected: null,
      },
    ]),
  );
  const open = new Set<number>();
  let link: LinkStatus = {
    connected: false,
    connections: 0,
    since: startedAt,
    lastFrameAt: null,
    lagMs: 0,
    reconnects: 0,
  };
  let reachable = false;
  let backfill: BackfillStatus = { running: false, remainingSlots: 0, totalSlots: 0 };
  let counters: StreamCounters = { updates: 0, candlesStored: 0, slotsRepaired: 0 };

  function change(symbol: string, part: Partial<SymbolStatus>): void {
    const known = bySymbol.get(symbol);
    if (known) bySymbol.set(symbol, { ...known, ...part });
  }

  function relink(now: EpochMs, reconnects: number): void {
    const connected = open.size > 0;
    const since = connected === link.connected ? link.since : now;
    link = { ...link, connected, connections: open.size, since, reconnects: link.reconnects + reconnects };
  }

  return {
    event(event: MarketStreamEvent, now: EpochMs): void {
      if (event.kind === 'connected') {
        open.add(event.connection);
        relink(now, 0);
      } else if (event.kind === 'disconnected') {
        open.delete(event.connection);
        relink(now, 1);
      } else if (event.kind === 'rejected') {
        change(event.symbol, { rejected: `${event.code} ${event.message}` });
      } else {
        link = { ...link, lastFrameAt: event.receivedAt, lagMs: now - event.receivedAt };
        if (event.kind === 'update') counters = { ...counters, updates: counters.updates + 1 };
      }
    },
    stored(symbol: string, closeTime: EpochMs): void {
      const last = bySymbol.get(symbol)?.lastClose ?? 0;
      change(symbol, { lastClose: Math.max(last, closeTime) });
      counters = { ...counters, candlesStored: counters.candlesStored + 1 };
    },
    repaired(slots: number): void {
      counters = { ...counters, slotsRepaired: counters.slotsRepaired + slots };
    },
    surveyed(symbol: string, needs: Needs): void {
      const waiting = new Set(needs.confirming);
      const late = [...needs.missing, ...needs.provisional].filter((slot) => !waiting.has(slot));
      const oldestUnresolvedLive = late.length > 0 ? Math.min(...late) : null;
      const { length: missing } = needs.missing;
      change(symbol, { oldestUnresolvedLive, missing, provisional: needs.provisional.length });
    },
    reached(answered: boolean): void {
      reachable = answered;
    },
    backfilled(part: BackfillStatus): void {
      backfill = part;
    },
    read(lake: LakeStatus): StreamStatus {
      return { startedAt, link, reachable, symbols: [...bySymbol.values()], backfill, lake, counters };
    },
  };
}

export type StatusBoard = ReturnType<typeof createStatusBoard>;
