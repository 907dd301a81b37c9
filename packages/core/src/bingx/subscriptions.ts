import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import type { Market } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { Clock, MarketStreamEvent, Random, Report } from '../ports.ts';
import { klineTopic, type StreamMessage, subscribeText } from './messages.ts';

/** At most ten subscriptions a second per connection. Source: BingX API FAQ. */
const SUBSCRIBE_GAP_MS = 100;

/** Answers were seen within 0.2 s; a request without one after this long was lost. */
const ANSWER_WAIT_MS = 10 * SECOND_MS;

/**
 * Contracts were seen to go offline and back within 26 minutes: a refused topic is requested again now and
 * then.
 */
const REFUSED_BACKOFF: BackoffLimits = { floorMs: 30 * SECOND_MS, baseMs: MINUTE_MS, capMs: 10 * MINUTE_MS };

/** "Repeat request": the topic is subscribed already. */
const REPEATED = 100205;

/** Too fast, busy, or a failure of the service: subscribe again. Any other code is a refusal. */
const PASSING_CODES: ReadonlySet<number> = new Set([80012, 100410, 100500, 100503, 101500, 109429, 109500]);

export interface SubscriptionsOptions {
  readonly connection: number;
  readonly market: Market;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  readonly send: (text: string) => void;
  readonly emit: (event: MarketStreamEvent) => void;
  /** Symbols whose topic was refused last, with the code; shared by the connections of one stream. */
  readonly rejected: Map<string, number>;
}

/**
 * The subscriptions of one connection.
 *
 * Data counts only while its topic is acknowledged: a refused topic can deliver a frame, before or after the
 * refusal (docs/bingx.md trap 40). Data before the acknowledgement is dropped, which costs an update or two,
 * as answers take 0.2 s; a lost answer costs 10 s, since a repeated subscription is answered again.
 */
export class Subscriptions {
  /** Symbols by topic. */
  readonly topics: ReadonlyMap<string, string>;
  readonly #options: SubscriptionsOptions;
  readonly #unanswered: Set<string>;
  readonly #acknowledged = new Set<string>();
  /** Symbols that were refused on this connection, with the next attempt by the monotonic clock. */
  readonly #refused = new Map<string, { readonly times: number; readonly retryAt: number }>();

  constructor(options: SubscriptionsOptions) {
    const { market, symbols, interval } = options;
    this.#options = options;
    this.#unanswered = new Set(symbols);
    this.topics = new Map(symbols.map((symbol) => [klineTopic({ market, symbol, interval }), symbol]));
  }

  /**
   * Subscribes every symbol, and again those without an answer or refused; resolves when all are
   * acknowledged.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, report, connection } = this.#options;
    for (let round = 1; ; round++) {
      await this.#subscribe(round, signal);
      const waitMs = this.#waitMs();
      if (waitMs === null) return;
      await clock.sleep(waitMs, signal);
      if (this.#unanswered.size > 0) report(subscribedAgain(this.#unanswered, connection));
    }
  }

  /** Notes the answer to a subscription. */
  answered({ id, symbol: named, code, message }: Extract<StreamMessage, { kind: 'answer' }>): void {
    const symbol = this.#symbolOf(id) ?? named;
    if (symbol === null || PASSING_CODES.has(code)) return;
    this.#unanswered.delete(symbol);
    if (code === 0 || code === REPEATED) this.#acknowledge(symbol);
    else this.#refuse(symbol, code, message);
  }

  /** Whether data of a symbol counts: its topic is acknowledged. */
  accepts(symbol: string): boolean {
    return this.#acknowledged.has(symbol);
  }

  #acknowledge(symbol: string): void {
    const { rejected, emit } = this.#options;
    this.#acknowledged.add(symbol);
    this.#refused.delete(symbol);
    if (rejected.delete(symbol)) emit({ kind: 'accepted', symbol });
  }

  #refuse(symbol: string, code: number, message: string): void {
    const { rejected, emit, clock, random } = this.#options;
    const times = (this.#refused.get(symbol)?.times ?? 0) + 1;
    this.#acknowledged.delete(symbol);
    this.#refused.set(symbol, {
      times,
      retryAt: clock.monotonic() + backoffMs(times - 1, REFUSED_BACKOFF, random),
    });
    if (rejected.get(symbol) === code) return;
    rejected.set(symbol, code);
    emit({ kind: 'rejected', symbol, code, message });
  }

  async #subscribe(round: number, signal: AbortSignal): Promise<void> {
    const { market, symbols, interval, connection, clock, send } = this.#options;
    for (const [index, symbol] of symbols.entries()) {
      const retryAt = this.#refused.get(symbol)?.retryAt ?? Number.POSITIVE_INFINITY;
      if (!this.#unanswered.has(symbol) && clock.monotonic() < retryAt) continue;
      this.#unanswered.add(symbol);
      send(subscribeText(`${connection}-${index}-${round}`, klineTopic({ market, symbol, interval })));
      await clock.sleep(SUBSCRIBE_GAP_MS, signal);
    }
  }

  /**
   * How long to wait for answers, or else for the next attempt of a refused topic; null when all are
   * acknowledged.
   */
  #waitMs(): number | null {
    if (this.#unanswered.size > 0) return ANSWER_WAIT_MS;
    let next = Number.POSITIVE_INFINITY;
    for (const { retryAt } of this.#refused.values()) next = Math.min(next, retryAt);
    return next === Number.POSITIVE_INFINITY ? null : Math.max(0, next - this.#options.clock.monotonic());
  }

  /** The second part of our request id is the index of the symbol. */
  #symbolOf(id: string | null): string | null {
    const [owner, index] = id?.split('-') ?? [];
    const { connection, symbols } = this.#options;
    return owner === String(connection) ? (symbols[Number(index)] ?? null) : null;
  }
}

function subscribedAgain(unanswered: ReadonlySet<string>, connection: number): Parameters<Report>[0] {
  const [first] = unanswered;
  return {
    level: 'warn',
    kind: 'subscribed-again',
    message: `no answer to ${unanswered.size} subscriptions ("${first}", …) within ${ANSWER_WAIT_MS / SECOND_MS} s: asking again`,
    fields: { connection, symbols: unanswered.size },
  };
}
