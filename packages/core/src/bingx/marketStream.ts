import type { Interval } from '../domain/time/interval.ts';
import type {
  Clock,
  ExchangeClock,
  Inflate,
  MarketStream,
  MarketStreamEvent,
  OpenSocket,
  Random,
  Report,
} from '../ports.ts';
import { createBadRecords } from './badRecords.ts';
import { type ConnectionOptions, keepConnected } from './connection.ts';
import { createEventQueue } from './eventQueue.ts';

export interface MarketStreamOptions {
  readonly openSocket: OpenSocket;
  readonly inflate: Inflate;
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly random: Random;
  readonly wsUrl: string;
  readonly report: Report;
  /** A link without any frame for this long (of the clock) is dead. Pings come every 5 s today, every 30 s by another client's notes: 40 s is safe. */
  readonly silenceLimitMs: number;
}

/** More topics on one connection are refused with 80403. Source: BingX "Swap WebSocket", limitations. */
const TOPICS_PER_CONNECTION = 200;

/** Connections open one after the other: many handshakes at once from one address are refused. */
const STAGGER_MS = 500;

/**
 * The WebSocket source of the swap market: any number of symbols on as many connections as the topic limit asks for, each kept alive by itself. A connection
 * number stands for one socket and never comes back. Source: BingX "Swap WebSocket", "Subscribe K-Line Data".
 */
export function createMarketStream(options: MarketStreamOptions): MarketStream {
  const refuse = createBadRecords(options);
  let connections = 0;
  const nextNumber = () => ++connections;
  return {
    events: (symbols, interval, signal) => ({
      [Symbol.asyncIterator]: () =>
        openStream({ ...options, refuse, nextNumber }, chunked(symbols), interval, signal),
    }),
  };
}

type Shared = Omit<ConnectionOptions, 'symbols' | 'interval' | 'emit'>;

/** Opens all connections; the iterator's end closes them first, so that a silent socket cannot hold it up. */
function openStream(
  shared: Shared,
  groups: readonly (readonly string[])[],
  interval: Interval,
  signal: AbortSignal,
): AsyncIterator<MarketStreamEvent, undefined> {
  const queue = createEventQueue();
  const over = new AbortController();
  const finish = (error?: unknown): void => {
    signal.removeEventListener('abort', stop);
    over.abort();
    queue.end(error);
  };
  const stop = () => finish();
  if (signal.aborted) finish();
  else signal.addEventListener('abort', stop, { once: true });

  const keep = async (symbols: readonly string[], place: number): Promise<void> => {
    if (place > 0) await shared.clock.sleep(place * STAGGER_MS, over.signal);
    await keepConnected({ ...shared, symbols, interval, emit: queue.push }, over.signal);
  };
  for (const [place, symbols] of groups.entries()) {
    keep(symbols, place).catch((error: unknown) => {
      if (!over.signal.aborted) finish(error);
    });
  }
  return {
    next: queue.next,
    async return() {
      finish();
      return { done: true, value: undefined };
    },
  };
}

function chunked(symbols: readonly string[]): readonly (readonly string[])[] {
  const unique = [...new Set(symbols)];
  const count = Math.ceil(unique.length / TOPICS_PER_CONNECTION);
  return Array.from({ length: count }, (_, index) =>
    unique.slice(index * TOPICS_PER_CONNECTION, (index + 1) * TOPICS_PER_CONNECTION),
  );
}
