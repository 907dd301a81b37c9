import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import type { Market } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import { MINUTE_MS } from '../domain/time/time.ts';
import type {
  Clock,
  Inflate,
  MarketStream,
  MarketStreamEvent,
  OpenSocket,
  Random,
  Report,
  SyncedExchangeClock,
} from '../ports.ts';
import { EventQueue } from '../waiting/eventQueue.ts';
import { createBadRecords } from './badRecords.ts';
import { type ConnectionEnd, type ConnectionOptions, runConnection } from './connection.ts';
import { marketEventKey } from './eventKey.ts';

export interface MarketStreamOptions {
  readonly market: Market;
  readonly openSocket: OpenSocket;
  readonly inflate: Inflate;
  readonly clock: Clock;
  readonly exchangeClock: SyncedExchangeClock;
  readonly random: Random;
  readonly wsUrl: string;
  readonly report: Report;
  /** A connection without a frame for this long, in ms of the clock, is dead. */
  readonly silenceLimitMs: number;
}

/**
 * The exchange refuses more topics on one connection with 80403. Source: BingX "Swap WebSocket", limitations.
 */
const TOPICS_PER_CONNECTION = 200;

/** Connections open one after the other: many handshakes at once from one address are refused. */
const STAGGER_MS = 500;

/** After a connection that lived this long the next wait is a short one again. */
const HEALTHY_MS = MINUTE_MS;

/** The exchange bans addresses that connect too often; the floor bounds the shortest random wait. */
const RECONNECT: BackoffLimits = { floorMs: 250, baseMs: 1_000, capMs: MINUTE_MS };

/**
 * A handshake refused with 403 (too many, or the region), 418 or 429 is a ban of about 5 minutes. Source:
 * BingX FAQ.
 */
const REFUSED: BackoffLimits = { floorMs: 5 * MINUTE_MS, baseMs: 6 * MINUTE_MS, capMs: 6 * MINUTE_MS };
const REFUSAL_STATUSES: ReadonlySet<number> = new Set([403, 418, 429]);

/**
 * The WebSocket source of one market. Any number of symbols, on as many connections as the topic limit
 * requires; each connection is reopened on its own. A connection number belongs to one WebSocket and is never
 * used again. Source: BingX "Swap WebSocket", "Subscribe K-Line Data".
 */
export function createMarketStream(options: MarketStreamOptions): MarketStream {
  const refuse = createBadRecords(options);
  let connections = 0;
  const nextConnection = () => ++connections;
  return {
    events: (symbols, interval, signal) => ({
      [Symbol.asyncIterator]: () =>
        openStream({ ...options, refuse, nextConnection }, chunked(symbols), interval, signal),
    }),
  };
}

interface StreamOptions extends Omit<ConnectionOptions, 'connection'> {
  /** The number of the next connection. */
  readonly nextConnection: () => number;
}

/**
 * Opens all connections. The end of the iterator closes them first, so that a silent socket cannot delay it.
 */
function openStream(
  shared: Omit<StreamOptions, 'symbols' | 'interval' | 'emit' | 'rejected'>,
  groups: readonly (readonly string[])[],
  interval: Interval,
  signal: AbortSignal,
): AsyncIterator<MarketStreamEvent, undefined> {
  const queue = new EventQueue(marketEventKey);
  const over = new AbortController();
  const rejected = new Map<string, number>();
  const finish = (error?: unknown): void => {
    signal.removeEventListener('abort', stop);
    over.abort();
    queue.end(error);
  };
  const stop = () => finish();
  if (signal.aborted) finish();
  else signal.addEventListener('abort', stop, { once: true });

  const start = async (symbols: readonly string[], index: number): Promise<void> => {
    if (index > 0) await shared.clock.sleep(index * STAGGER_MS, over.signal);
    const emit = (event: MarketStreamEvent) => queue.push(event);
    await keepConnected({ ...shared, symbols, interval, emit, rejected }, over.signal);
  };
  for (const [index, symbols] of groups.entries()) {
    start(symbols, index).catch((error: unknown) => {
      if (!over.signal.aborted) finish(error);
    });
  }
  return {
    next: () => queue.next(),
    async return() {
      finish();
      return { done: true, value: undefined };
    },
  };
}

/**
 * Connects, and connects again after a random wait, until the signal aborts. May reject with the signal's
 * reason.
 */
async function keepConnected(options: StreamOptions, signal: AbortSignal): Promise<void> {
  const { emit, symbols, clock, random } = options;
  for (let failures = 0; !signal.aborted; failures++) {
    const connection = options.nextConnection();
    const end = await runConnection({ ...options, connection }, signal);
    if (signal.aborted) return;
    if (end.aliveMs >= HEALTHY_MS) failures = 0;
    const retryInMs = reconnectWaitMs(end, failures, random);
    emit({ kind: 'disconnected', connection, symbols, reason: end.reason, retryInMs });
    await clock.sleep(retryInMs, signal);
  }
}

function reconnectWaitMs({ handshakeStatus }: ConnectionEnd, failures: number, random: Random): number {
  const isRefused = handshakeStatus !== undefined && REFUSAL_STATUSES.has(handshakeStatus);
  return backoffMs(failures, isRefused ? REFUSED : RECONNECT, random);
}

function chunked(symbols: readonly string[]): readonly (readonly string[])[] {
  const unique = [...new Set(symbols)];
  const count = Math.ceil(unique.length / TOPICS_PER_CONNECTION);
  return Array.from({ length: count }, (_, index) =>
    unique.slice(index * TOPICS_PER_CONNECTION, (index + 1) * TOPICS_PER_CONNECTION),
  );
}
