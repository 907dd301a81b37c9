import type { Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type {
  Clock,
  ExchangeClock,
  Inflate,
  MarketStreamEvent,
  OpenSocket,
  Report,
  Socket,
  SocketHandlers,
} from '../ports.ts';
import type { Refuse } from './badRecords.ts';
import { createReceiver } from './receive.ts';
import { createSubscriptions } from './subscriptions.ts';
import { untilSilent } from './watchdog.ts';

export interface LinkOptions {
  readonly openSocket: OpenSocket;
  readonly inflate: Inflate;
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly wsUrl: string;
  readonly report: Report;
  readonly silenceLimitMs: number;
  readonly refuse: Refuse;
  readonly emit: (event: MarketStreamEvent) => void;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** A number of its own for each socket. */
  readonly connection: number;
}

export interface LinkEnd {
  readonly reason: string;
  /** From the opening to the last frame; 0 when it never opened. */
  readonly aliveMs: number;
  readonly opened: boolean;
}

/** One socket from its opening to its end; resolves with the end, whoever brought it about, and never rejects. Late events of the socket are ignored. */
export function runLink(options: LinkOptions, signal: AbortSignal): Promise<LinkEnd> {
  return new Promise((resolve) => {
    const { clock, silenceLimitMs } = options;
    const over = new AbortController();
    let socket: Socket | null = null;
    let openedAt: EpochMs | null = null;
    let lastFrameAt = clock.now();

    const end = (reason: string): void => {
      if (over.signal.aborted) return;
      over.abort();
      signal.removeEventListener('abort', stop);
      socket?.close();
      const aliveMs = openedAt === null ? 0 : Math.max(0, lastFrameAt - openedAt);
      resolve({ reason, aliveMs, opened: openedAt !== null });
    };
    const stop = () => end('stopped');
    /** Runs a part of the link; what goes wrong in it ends the link. */
    const attempt = (part: Promise<void>) => void part.catch((error: unknown) => end(messageOf(error)));

    const subscriptions = createSubscriptions({ ...options, send: (text) => socket?.send(text) });
    const receive = createReceiver({ ...options, subscriptions, send: (text) => socket?.send(text) });
    const handlers: SocketHandlers = {
      opened() {
        if (over.signal.aborted) return;
        openedAt = lastFrameAt = clock.now();
        options.emit({ kind: 'connected', connection: options.connection, symbols: options.symbols });
        // A socket may say so before `openSocket` has returned it.
        attempt(Promise.resolve().then(() => subscriptions.run(over.signal)));
      },
      frame(data) {
        if (over.signal.aborted) return;
        try {
          if (receive(data)) lastFrameAt = clock.now();
        } catch (error) {
          end(messageOf(error));
        }
      },
      closed: end,
    };

    signal.addEventListener('abort', stop, { once: true });
    attempt(
      untilSilent({ clock, silenceLimitMs, lastFrameAt: () => lastFrameAt }, over.signal).then(() =>
        end(`silent for ${Math.round(silenceLimitMs / 1_000)} s`),
      ),
    );
    try {
      socket = options.openSocket(options.wsUrl, handlers);
    } catch (error) {
      end(messageOf(error));
    }
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
