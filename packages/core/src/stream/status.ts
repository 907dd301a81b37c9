import type { LakeStatus } from '../derive/lakeStatus.ts';
import type { Needs } from '../domain/slots/needs.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { MarketStreamEvent } from '../ports.ts';
import type { BackfillStatus } from '../repair/progress.ts';

export interface SymbolStatus {
  readonly symbol: string;
  /** Close time of the newest candle that the stream closed; null before the first. */
  readonly lastClose: EpochMs | null;
  /**
   * Oldest slot since the start of the stream that is missing or provisional, without slots that history has
   * already shown to be empty once.
   */
  readonly oldestUnresolvedLive: EpochMs | null;
  readonly missing: number;
  readonly provisional: number;
  /** Code and text of the exchange's refusal of the subscription; null while it is not refused. */
  readonly rejected: string | null;
}

export interface LinkStatus {
  /** At least one connection to the exchange is open. */
  readonly connected: boolean;
  readonly connections: number;
  /** Start of the present state, connected or not. */
  readonly since: EpochMs;
  readonly lastFrameAt: EpochMs | null;
  /** Time between the arrival of the last frame and its processing, in ms; it grows when we are too slow. */
  readonly lagMs: number;
  readonly reconnects: number;
}

/** A view of a running stream; instants are exchange time. */
export interface StreamStatus {
  readonly startedAt: EpochMs;
  readonly link: LinkStatus;
  /** The last request to history was answered. */
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

/** Collects the events of a stream into a {@link StreamStatus}. */
export class StatusBoard {
  readonly #startedAt: EpochMs;
  readonly #symbols: Map<string, SymbolStatus>;
  /** Numbers of the open connections. */
  readonly #open = new Set<number>();
  #link: LinkStatus;
  #reachable = false;
  #backfill: BackfillStatus = { running: false, remainingSlots: 0, totalSlots: 0 };
  #counters: StreamCounters = { updates: 0, candlesStored: 0, slotsRepaired: 0 };

  constructor(symbols: readonly string[], startedAt: EpochMs) {
    this.#startedAt = startedAt;
    this.#symbols = new Map(symbols.map((symbol) => [symbol, initialStatus(symbol)]));
    const disconnected = { connected: false, connections: 0, since: startedAt, lastFrameAt: null };
    this.#link = { ...disconnected, lagMs: 0, reconnects: 0 };
  }

  /** Notes an event of the market stream; `now` is exchange time. */
  event(event: MarketStreamEvent, now: EpochMs): void {
    if (event.kind === 'connected') {
      this.#open.add(event.connection);
      this.#relink(now, 0);
    } else if (event.kind === 'disconnected') {
      this.#open.delete(event.connection);
      this.#relink(now, 1);
    } else if (event.kind === 'rejected') {
      this.#change(event.symbol, { rejected: `${event.code} ${event.message}` });
    } else if (event.kind === 'accepted') {
      this.#change(event.symbol, { rejected: null });
    } else {
      this.#link = { ...this.#link, lastFrameAt: event.receivedAt, lagMs: now - event.receivedAt };
      if (event.kind === 'update') this.#count({ updates: 1 });
    }
  }

  /** Notes a candle of the stream that is durable. */
  stored(symbol: string, closeTime: EpochMs): void {
    const last = this.#symbols.get(symbol)?.lastClose ?? 0;
    this.#change(symbol, { lastClose: Math.max(last, closeTime) });
    this.#count({ candlesStored: 1 });
  }

  /** Notes slots that history filled. */
  repaired(slots: number): void {
    this.#count({ slotsRepaired: slots });
  }

  /** Notes what the live slots of a symbol need. */
  surveyed(symbol: string, { missing, provisional, confirming }: Needs): void {
    this.#change(symbol, {
      oldestUnresolvedLive: oldestExcept(confirming, missing, provisional),
      missing: missing.length,
      provisional: provisional.length,
    });
  }

  /** Notes whether history answered the last request. */
  reached(answered: boolean): void {
    this.#reachable = answered;
  }

  backfilled(status: BackfillStatus): void {
    this.#backfill = status;
  }

  read(lake: LakeStatus): StreamStatus {
    return {
      startedAt: this.#startedAt,
      link: this.#link,
      reachable: this.#reachable,
      symbols: [...this.#symbols.values()],
      backfill: this.#backfill,
      lake,
      counters: this.#counters,
    };
  }

  #change(symbol: string, part: Partial<SymbolStatus>): void {
    const known = this.#symbols.get(symbol);
    if (known) this.#symbols.set(symbol, { ...known, ...part });
  }

  #relink(now: EpochMs, reconnects: number): void {
    const connected = this.#open.size > 0;
    this.#link = {
      ...this.#link,
      connected,
      connections: this.#open.size,
      since: connected === this.#link.connected ? this.#link.since : now,
      reconnects: this.#link.reconnects + reconnects,
    };
  }

  #count({ updates = 0, candlesStored = 0, slotsRepaired = 0 }: Partial<StreamCounters>): void {
    const before = this.#counters;
    this.#counters = {
      updates: before.updates + updates,
      candlesStored: before.candlesStored + candlesStored,
      slotsRepaired: before.slotsRepaired + slotsRepaired,
    };
  }
}

function initialStatus(symbol: string): SymbolStatus {
  const counts = { missing: 0, provisional: 0 };
  return { symbol, lastClose: null, oldestUnresolvedLive: null, ...counts, rejected: null };
}

/** The oldest of the slots that is not in `except`; null when there is none. */
function oldestExcept(except: readonly EpochMs[], ...lists: readonly (readonly EpochMs[])[]): EpochMs | null {
  const excluded = new Set(except);
  let oldest: EpochMs | null = null;
  for (const slots of lists) {
    for (const slot of slots) {
      if (!excluded.has(slot) && (oldest === null || slot < oldest)) oldest = slot;
    }
  }
  return oldest;
}
