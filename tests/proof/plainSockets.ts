import type { CandleValues, EpochMs, OpenSocket, Socket, SocketHandlers } from '@candlelake/core';
import { answerText, pushText } from '../simulation/exchange/frames.ts';
import type { ProcessClock } from '../simulation/machine/processClock.ts';
import type { VirtualTime } from '../simulation/virtualTime.ts';

export interface PlainSocketsOptions {
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly random: () => number;
  readonly intervalName: string;
  readonly intervalMs: number;
  readonly valuesAt: (openTime: EpochMs) => CandleValues;
  /** The exchange ends a connection after a random time around this. */
  readonly lifeMs: number;
}

export interface PlainSockets {
  readonly open: OpenSocket;
  /** Updates that were delivered. */
  readonly updates: { count: number };
}

/** The silence that ends a connection is 40 s. */
const PING_MS = 25_000;
/** Ms into a slot: the last update of the candle before, and the first of the open one (docs/bingx.md trap 12). */
const LAST_UPDATE_MS = 400;
const FIRST_UPDATE_MS = 2_600;

/** Sockets of an exchange without a fault: three updates a candle and symbol, which come all together. */
export function createPlainSockets(options: PlainSocketsOptions): PlainSockets {
  const updates = { count: 0 };
  return { updates, open: (_url, handlers) => openSocket(options, updates, handlers) };
}

function openSocket(
  options: PlainSocketsOptions,
  updates: { count: number },
  handlers: SocketHandlers,
): Socket {
  const { time, clock, random, intervalMs, intervalName, lifeMs } = options;
  const symbols: string[] = [];
  let isClosed = false;

  function after(ms: number, task: () => void): void {
    clock.deliver(time.now() + ms, () => {
      if (!isClosed) task();
    });
  }
  function end(reason: string): void {
    if (isClosed) return;
    isClosed = true;
    handlers.closed(reason);
  }
  function ping(): void {
    handlers.frame('Ping');
    after(PING_MS, ping);
  }
  /** Sends an update of each symbol at this time into each slot, of the candle that opened `back` before it. */
  function push(intoMs: number, back: number): void {
    const into = time.now() % intervalMs;
    after(into < intoMs ? intoMs - into : intoMs + intervalMs - into, () => {
      const openTime = Math.floor(time.now() / intervalMs) * intervalMs - back;
      const values = options.valuesAt(openTime);
      for (const symbol of symbols) {
        updates.count += 1;
        handlers.frame(pushText({ symbol, intervalName, openTime, values }));
      }
      push(intoMs, back);
    });
  }

  after(100, () => {
    handlers.opened();
    ping();
    push(LAST_UPDATE_MS, intervalMs);
    push(FIRST_UPDATE_MS, 0);
    push(intervalMs / 2, 0);
    after(lifeMs * (0.5 + random()), () => end('closed with 1000'));
  });
  return {
    send(text) {
      if (text === 'Pong') return;
      const { id, dataType } = JSON.parse(text) as { id: string; dataType: string };
      after(50, () => {
        handlers.frame(answerText(id, false));
        symbols.push(dataType.slice(0, dataType.indexOf('@')));
      });
    },
    close: () => end('closed by the client'),
  };
}
