import type { Interval } from '../domain/time/interval.ts';
import { SECOND_MS } from '../domain/time/time.ts';
import type { Clock, MarketStreamEvent, Report } from '../ports.ts';
import { klineTopic, type StreamMessage, subscribeText } from './messages.ts';

/** At most ten subscriptions a second per connection. Source: BingX API FAQ. */
const SUBSCRIBE_GAP_MS = 100;

/** Answers were seen within 0.2 s; a request without one after this long was lost. */
const ANSWER_WAIT_MS = 10 * SECOND_MS;

/** "Repeat request": the topic is subscribed already. */
const REPEATED = 100205;

/** Too fast, busy, or a failure of the service: subscribe again. Any other code is a refusal. */
const PASSING_CODES: ReadonlySet<number> = new Set([80012, 100410, 100500, 100503, 101500, 109429, 109500]);

export interface SubscriptionsOptions {
  readonly connection: number;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly clock: Clock;
  readonly report: Report;
  readonly send: (text: string) => void;
  readonly emit: (event: MarketStreamEvent) => void;
}

/** The subscriptions of one connection. */
export class Subscriptions {
  /** Symbols by topic. */
  readonly topics: ReadonlyMap<string, string>;
  readonly #options: SubscriptionsOptions;
  readonly #unanswered: Set<string>;
  readonly #rejected = new Set<string>();

  constructor(options: SubscriptionsOptions) {
    const { symbols, interval } = options;
    this.#options = options;
    this.#unanswered = new Set(symbols);
    this.topics = new Map(symbols.map((symbol) => [klineTopic(symbol, interval), symbol]));
  }

  /** Subscribes every symbol, and again those without an answer; resolves when all are answered. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, report, connection } = this.#options;
    for (let round = 1; this.#unanswered.size > 0; round++) {
      await this.#subscribe(round, signal);
      if (this.#unanswered.size === 0) return;
      await clock.sleep(ANSWER_WAIT_MS, signal);
      if (this.#unanswered.size > 0) report(subscribedAgain(this.#unanswered, connection));
    }
  }

  /** Notes the answer to a subscription. */
  answered({ id, symbol: named, code, message }: Extract<StreamMessage, { kind: 'answer' }>): void {
    const symbol = this.#symbolOf(id) ?? named;
    if (symbol === null || PASSING_CODES.has(code)) return;
    this.#unanswered.delete(symbol);
    if (code === 0 || code === REPEATED || this.#rejected.has(symbol)) return;
    this.#rejected.add(symbol);
    this.#options.emit({ kind: 'rejected', symbol, code, message });
  }

  /** Notes data of a symbol: it is subscribed, even if the answer was lost. */
  delivered(symbol: string): void {
    if (this.#unanswered.size > 0) this.#unanswered.delete(symbol);
  }

  async #subscribe(round: number, signal: AbortSignal): Promise<void> {
    const { symbols, interval, connection, clock, send } = this.#options;
    for (const [index, symbol] of symbols.entries()) {
      if (!this.#unanswered.has(symbol)) continue;
      send(subscribeText(`${connection}-${index}-${round}`, klineTopic(symbol, interval)));
      await clock.sleep(SUBSCRIBE_GAP_MS, signal);
    }
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
