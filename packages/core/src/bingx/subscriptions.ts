import type { Interval } from '../domain/time/interval.ts';
import { SECOND_MS } from '../domain/time/time.ts';
import type { Clock, MarketStreamEvent, Report } from '../ports.ts';
import { klineTopic, type StreamMessage, subscribeText } from './messages.ts';

/** At most ten subscriptions a second per connection. Source: BingX API FAQ. */
const SUBSCRIBE_GAP_MS = 100;

/** Answers were seen within 0.2 s; what has none after this long was lost. */
const ANSWER_WAIT_MS = 10 * SECOND_MS;

/** "Repeat request": the topic is subscribed already. */
const REPEATED = 100205;

/** Too fast, busy, or a failure on their side: ask again. Anything else is a refusal that stays one. */
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
export interface Subscriptions {
  /** Symbols by topic. */
  readonly topics: ReadonlyMap<string, string>;
  /** Asks for every symbol, and again for those without an answer; resolves when none is left. */
  run(signal: AbortSignal): Promise<void>;
  answered(answer: Extract<StreamMessage, { kind: 'answer' }>): void;
  /** Data of a symbol came: it is subscribed, whatever became of the answer. */
  delivered(symbol: string): void;
}

/** Creates the subscriptions of a connection that just opened. */
export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { connection, symbols, interval, clock, report, send, emit } = options;
  const unanswered = new Set(symbols);
  const rejected = new Set<string>();
  const topics = new Map(symbols.map((symbol) => [klineTopic(symbol, interval), symbol]));

  const askAll = async (round: number, signal: AbortSignal): Promise<void> => {
    for (const [index, symbol] of symbols.entries()) {
      if (!unanswered.has(symbol)) continue;
      send(subscribeText(`${connection}-${index}-${round}`, klineTopic(symbol, interval)));
      await clock.sleep(SUBSCRIBE_GAP_MS, signal);
    }
  };

  /** The second part of our id is the symbol's place. */
  const symbolOf = (id: string | null): string | null => {
    const [owner, index] = id?.split('-') ?? [];
    return owner === String(connection) ? (symbols[Number(index)] ?? null) : null;
  };

  return {
    topics,
    async run(signal) {
      for (let round = 1; unanswered.size > 0; round++) {
        await askAll(round, signal);
        if (unanswered.size === 0) return;
        await clock.sleep(ANSWER_WAIT_MS, signal);
        if (unanswered.size > 0) report(askedAgain(unanswered, connection));
      }
    },
    answered({ id, symbol: named, code, message }) {
      const symbol = symbolOf(id) ?? named;
      if (symbol === null || PASSING_CODES.has(code)) return;
      unanswered.delete(symbol);
      if (code === 0 || code === REPEATED || rejected.has(symbol)) return;
      rejected.add(symbol);
      emit({ kind: 'rejected', symbol, code, message });
    },
    delivered(symbol) {
      if (unanswered.size > 0) unanswered.delete(symbol);
    },
  };
}

function askedAgain(unanswered: ReadonlySet<string>, connection: number): Parameters<Report>[0] {
  const [first] = unanswered;
  return {
    level: 'warn',
    kind: 'subscribed-again',
    message: `no answer to ${unanswered.size} subscriptions ("${first}", …) within ${ANSWER_WAIT_MS / SECOND_MS} s: asking again`,
    fields: { connection, symbols: unanswered.size },
  };
}
