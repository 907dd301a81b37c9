import { type Interval, intervalMs } from '../domain/interval.ts';
import type { EpochMs } from '../domain/time.ts';
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
import { frameText } from './frames.ts';
import { parseMessage } from './messages.ts';
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
    const receive = createReceiver(options, subscriptions, (text) => socket?.send(text));
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
      if (over.signal.aborted) socket.close();
    } catch (error) {
      end(messageOf(error));
    }
  });
}

/** Handles one frame; returns whether it was a sign of life. Throws only when the socket does not take an answer. */
function createReceiver(
  options: LinkOptions,
  subscriptions: ReturnType<typeof createSubscriptions>,
  send: (text: string) => void,
): (data: Uint8Array | string) => boolean {
  const { inflate, exchangeClock, refuse, emit, connection } = options;
  const checks = { intervalMs: intervalMs(options.interval), refuse, topics: subscriptions.topics };
  return (data) => {
    const text = readText(data, inflate, refuse);
    if (text === null) return false;
    const receivedAt = exchangeClock.now();
    const message = parseMessage(text, { ...checks, now: receivedAt });
    if (message.kind === 'unreadable') return false;
    if (message.kind === 'ping') send(message.reply);
    if (message.kind === 'answer') subscriptions.answered(message);
    if (message.kind !== 'updates' || message.updates.length === 0) {
      emit({ kind: 'heartbeat', connection, receivedAt });
      return true;
    }
    for (const update of message.updates) {
      subscriptions.delivered(update.symbol);
      emit({ kind: 'update', connection, receivedAt, update });
    }
    return true;
  };
}

function readText(data: Uint8Array | string, inflate: Inflate, refuse: Refuse): string | null {
  try {
    return frameText(data, inflate);
  } catch (error) {
    refuse('unreadable frame', messageOf(error));
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
