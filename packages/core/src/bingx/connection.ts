import type { Market } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type {
  Clock,
  Inflate,
  MarketStreamEvent,
  OpenSocket,
  Random,
  Report,
  Socket,
  SocketHandlers,
  SyncedExchangeClock,
} from '../ports.ts';
import type { Refuse } from './badRecords.ts';
import { createReceiver } from './receiver.ts';
import { Subscriptions } from './subscriptions.ts';

export interface ConnectionOptions {
  readonly openSocket: OpenSocket;
  readonly inflate: Inflate;
  readonly clock: Clock;
  readonly random: Random;
  readonly exchangeClock: SyncedExchangeClock;
  readonly wsUrl: string;
  readonly report: Report;
  /** A connection without a frame for this long, in ms of the clock, is dead. */
  readonly silenceLimitMs: number;
  readonly refuse: Refuse;
  readonly emit: (event: MarketStreamEvent) => void;
  readonly market: Market;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Symbols whose topic was refused last, with the code; shared by the connections of one stream. */
  readonly rejected: Map<string, number>;
  /** The number of this connection; each connection has its own. */
  readonly connection: number;
}

export interface ConnectionEnd {
  readonly reason: string;
  /** From the opening to the last frame; 0 when the connection never opened. */
  readonly aliveMs: number;
  /** The HTTP status of a refused handshake. */
  readonly handshakeStatus: number | undefined;
}

/**
 * Opens one connection and runs it until it ends or the signal aborts. Resolves with the end, whatever caused
 * it, and never rejects. Events of the socket after the end are ignored.
 */
export function runConnection(options: ConnectionOptions, signal: AbortSignal): Promise<ConnectionEnd> {
  return new Connection(options).run(signal);
}

/** One WebSocket with its subscriptions. */
class Connection {
  readonly #options: ConnectionOptions;
  readonly #subscriptions: Subscriptions;
  readonly #receive: (data: Uint8Array | string) => boolean;
  readonly #over = new AbortController();
  readonly #end = Promise.withResolvers<ConnectionEnd>();
  #socket: Socket | null = null;
  #openedAt: EpochMs | null = null;
  #lastFrameAt: EpochMs;

  constructor(options: ConnectionOptions) {
    const send = (text: string) => this.#socket?.send(text);
    this.#options = options;
    this.#subscriptions = new Subscriptions({ ...options, send });
    this.#receive = createReceiver({ ...options, subscriptions: this.#subscriptions, send });
    this.#lastFrameAt = options.clock.now();
  }

  run(signal: AbortSignal): Promise<ConnectionEnd> {
    const { clock, silenceLimitMs, openSocket, wsUrl } = this.#options;
    const stop = () => this.#close('stopped');
    signal.addEventListener('abort', stop, { once: true });
    this.#over.signal.addEventListener('abort', () => signal.removeEventListener('abort', stop));
    const silence = { clock, silenceLimitMs, lastFrameAt: () => this.#lastFrameAt };
    this.#endOnError(
      untilSilent(silence, this.#over.signal).then(() =>
        this.#close(`silent for ${Math.round(silenceLimitMs / 1_000)} s`),
      ),
    );
    try {
      this.#socket = openSocket(wsUrl, this.#handlers());
    } catch (error) {
      this.#close(messageOf(error));
    }
    return this.#end.promise;
  }

  #handlers(): SocketHandlers {
    const { clock, emit, connection, symbols } = this.#options;
    const { signal } = this.#over;
    return {
      opened: () => {
        if (signal.aborted) return;
        this.#openedAt = this.#lastFrameAt = clock.now();
        emit({ kind: 'connected', connection, symbols });
        // A socket may open before `openSocket` has returned it.
        this.#endOnError(Promise.resolve().then(() => this.#subscriptions.run(signal)));
      },
      frame: (data) => {
        if (signal.aborted) return;
        try {
          if (this.#receive(data)) this.#lastFrameAt = clock.now();
        } catch (error) {
          this.#close(messageOf(error));
        }
      },
      closed: (reason, handshakeStatus) => this.#close(reason, handshakeStatus),
    };
  }

  #close(reason: string, handshakeStatus?: number): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#socket?.close();
    const aliveMs = this.#openedAt === null ? 0 : Math.max(0, this.#lastFrameAt - this.#openedAt);
    this.#end.resolve({ reason, aliveMs, handshakeStatus });
  }

  #endOnError(part: Promise<void>): void {
    part.catch((error: unknown) => this.#close(messageOf(error)));
  }
}

export interface SilenceOptions {
  readonly clock: Clock;
  /** The longest silence of a living connection, in ms of the clock. */
  readonly silenceLimitMs: number;
  /** When the last frame arrived, by the clock. */
  readonly lastFrameAt: () => EpochMs;
}

/**
 * Resolves when no frame has arrived for the limit; rejects with the signal's reason. The exchange pings also
 * while nothing is traded, so frames stop only on a dead connection. One timer per connection, whatever the
 * frame rate.
 */
export async function untilSilent(options: SilenceOptions, signal: AbortSignal): Promise<void> {
  const { clock, silenceLimitMs, lastFrameAt } = options;
  for (;;) {
    const before = lastFrameAt();
    // After the clock was set back the last frame lies in the future; the sleep stays within one limit.
    await clock.sleep(Math.min(before + silenceLimitMs - clock.now(), silenceLimitMs), signal);
    if (lastFrameAt() === before) return;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
