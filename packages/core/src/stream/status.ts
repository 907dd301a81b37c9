import type { LakeStatus } from '../derive/lakeStatus.ts';
import type { Needs } from '../domain/slots/needs.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { MarketStreamEvent } from '../ports.ts';
import { type BackfillStatus, NO_BACKFILL } from '../repair/progress.ts';
import type { ScopeSchedule } from '../repair/schedule.ts';
import { createExceptions, type Exceptions, type SymbolException } from './exceptions.ts';

export interface SymbolStatus {
  readonly symbol: string;
  /** Close time of the newest candle that the stream closed; null before the first. */
  readonly lastClose: EpochMs | null;
  /**
   * Oldest slot since the start of the stream that is missing or provisional, without slots that history has
   * already shown to be empty once or whose row can't be read, and of a quiet symbol without missing ones.
   */
  readonly oldestUnresolvedLive: EpochMs | null;
  /**
   * History answered and has no candle of the newest slots, and neither has the stream: the market is closed
   * or halted. Not while history does not answer.
   */
  readonly quiet: boolean;
  readonly missing: number;
  readonly provisional: number;
  /** Why the symbol is not kept as usual; null while it is. */
  readonly exception: SymbolException | null;
  /** Slots, also of the history before the stream, whose row of history can't be read; null for none. */
  readonly unreadable: UnreadableSlots | null;
}

export interface UnreadableSlots {
  readonly slots: number;
  /** Open time of the oldest one. */
  readonly first: EpochMs;
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
  /** Start of the stream while the exchange has answered no request since, and no slot is kept; else null. */
  readonly unansweredSince: EpochMs | null;
  readonly symbols: readonly SymbolStatus[];
  readonly backfill: BackfillStatus;
  /** The last time that history filled missing slots, and how many; null before the first. */
  readonly lastRepair: LastRepair | null;
  readonly lake: LakeStatus;
  readonly counters: StreamCounters;
}

export interface LastRepair {
  readonly at: EpochMs;
  readonly slots: number;
}

export interface StreamCounters {
  readonly updates: number;
  /** Slots whose first candle came from the stream; later updates of them do not count again. */
  readonly candlesStored: number;
  readonly slotsRepaired: number;
}

/** Collects the events of a stream into a {@link StreamStatus}. */
export class StatusBoard {
  readonly #startedAt: EpochMs;
  readonly #symbols: Map<string, SymbolNotes>;
  readonly #exceptions: Exceptions;
  /** Numbers of the open connections. */
  readonly #open = new Set<number>();
  #link: LinkStatus;
  #reachable = false;
  #hasAnswered = false;
  #backfill: BackfillStatus = NO_BACKFILL;
  #lastRepair: LastRepair | null = null;
  #counters: StreamCounters = { updates: 0, candlesStored: 0, slotsRepaired: 0 };

  constructor(symbols: readonly string[], startedAt: EpochMs, exceptions = createExceptions()) {
    this.#startedAt = startedAt;
    this.#exceptions = exceptions;
    this.#symbols = new Map(symbols.map((symbol) => [symbol, initialNotes(symbol)]));
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
      const reason = `the exchange refuses the subscription (${event.code} ${event.message})`;
      this.#exceptions.set(event.symbol, 'rejected', reason);
    } else if (event.kind === 'accepted') {
      this.#exceptions.set(event.symbol, 'rejected', null);
    } else {
      this.#link = { ...this.#link, lastFrameAt: event.receivedAt, lagMs: now - event.receivedAt };
      if (event.kind === 'update') this.#count({ updates: 1 });
    }
  }

  /** Notes a candle of the stream that is durable. */
  closed(symbol: string, closeTime: EpochMs): void {
    const last = this.#symbols.get(symbol)?.lastClose ?? 0;
    this.#change(symbol, { lastClose: Math.max(last, closeTime) });
  }

  /** Notes slots whose first candle is one of the stream. */
  stored(slots: number): void {
    this.#count({ candlesStored: slots });
  }

  /** Notes slots that history filled; `now` is exchange time. */
  repaired(slots: number, now: EpochMs): void {
    this.#count({ slotsRepaired: slots });
    if (slots > 0) this.#lastRepair = { at: now, slots };
  }

  /** Notes what the live slots of a symbol need. */
  surveyed(symbol: string, { missing, provisional, confirming, unreadable }: Needs): void {
    const explained = new Set([...confirming, ...unreadable]);
    this.#change(symbol, {
      oldestMissing: oldestExcept(explained, missing),
      oldestProvisional: oldestExcept(explained, provisional),
      missing: missing.length,
      provisional: provisional.length,
      unreadableLive: unreadable,
    });
  }

  /** Notes what the history before the live slots of a symbol needs. */
  historySurveyed(symbol: string, { unreadable }: Needs): void {
    this.#change(symbol, { unreadableBefore: unreadable });
  }

  /** Notes a pass over the live slots of a symbol: what they need after it, and whether it was refused. */
  passed(symbol: string, { needs, refusals }: Pick<ScopeSchedule, 'needs' | 'refusals'>): void {
    if (needs) this.surveyed(symbol, needs);
    this.#change(symbol, { quiet: refusals > 0 || (needs !== null && hasNothingNew(needs)) });
  }

  /** Notes whether history answered the last request. */
  reached(answered: boolean): void {
    this.#reachable = answered;
    this.#hasAnswered ||= answered;
  }

  backfilled(status: BackfillStatus): void {
    this.#backfill = status;
  }

  read(lake: LakeStatus): StreamStatus {
    return {
      startedAt: this.#startedAt,
      link: this.#link,
      reachable: this.#reachable,
      unansweredSince: this.#hasAnswered ? null : this.#startedAt,
      symbols: Array.from(this.#symbols.values(), (notes) => this.#statusOf(notes)),
      backfill: this.#backfill,
      lastRepair: this.#lastRepair,
      lake,
      counters: this.#counters,
    };
  }

  #statusOf(notes: SymbolNotes): SymbolStatus {
    const { oldestMissing, oldestProvisional, unreadableLive, unreadableBefore, ...rest } = notes;
    const first = unreadableBefore[0] ?? unreadableLive[0];
    const slots = unreadableBefore.length + unreadableLive.length;
    const unreadable = first === undefined ? null : { slots, first };
    const quiet = notes.quiet && this.#reachable;
    const oldest = [oldestProvisional, quiet ? null : oldestMissing].filter((slot) => slot !== null);
    const oldestUnresolvedLive = oldest.length > 0 ? Math.min(...oldest) : null;
    const exception = this.#exceptions.of(notes.symbol);
    return { ...rest, quiet, oldestUnresolvedLive, exception, unreadable };
  }

  #change(symbol: string, part: Partial<SymbolNotes>): void {
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

/** What is noted of a symbol. */
interface SymbolNotes extends Omit<SymbolStatus, 'oldestUnresolvedLive' | 'exception' | 'unreadable'> {
  readonly oldestMissing: EpochMs | null;
  readonly oldestProvisional: EpochMs | null;
  /** Unreadable slots since the start of the stream, and before it, ascending. */
  readonly unreadableLive: readonly EpochMs[];
  readonly unreadableBefore: readonly EpochMs[];
}

function initialNotes(symbol: string): SymbolNotes {
  const counts = { missing: 0, provisional: 0, oldestMissing: null, oldestProvisional: null };
  const unreadable = { unreadableLive: [], unreadableBefore: [] };
  return { symbol, lastClose: null, ...counts, ...unreadable, quiet: false };
}

/** Whether history was just asked for the newest slot, left it without a candle, and the stream has none. */
function hasNothingNew({ ask, missing, provisional }: Needs): boolean {
  const newest = ask.at(-1);
  return newest !== undefined && missing.includes(newest) && !provisional.some((slot) => slot > newest);
}

/** The oldest of the slots, which ascend, that is not in `except`; null when there is none. */
function oldestExcept(except: ReadonlySet<EpochMs>, slots: readonly EpochMs[]): EpochMs | null {
  return slots.find((slot) => !except.has(slot)) ?? null;
}
