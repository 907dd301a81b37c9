import type { MarketStreamEvent } from '../ports.ts';

/** Events between the sockets and the one who reads them. */
export interface EventQueue {
  push(event: MarketStreamEvent): void;
  next(): Promise<IteratorResult<MarketStreamEvent, undefined>>;
  /** What is queued is dropped; whoever waits gets the end, or the error. */
  end(error?: unknown): void;
  /** Events that wait for a slow reader. */
  size(): number;
}

interface Reader {
  readonly resolve: (result: IteratorResult<MarketStreamEvent, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Creates a queue that a slow reader cannot make grow without bound: of the updates of one candle, and of the heartbeats of one connection, only the
 * newest waits, in the place of the first. Last updates of older candles are kept, and connections and disconnections keep their order.
 */
export function createEventQueue(): EventQueue {
  const waiting = new Map<string, MarketStreamEvent>();
  const readers: Reader[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | null = null;
  let pushed = 0;

  /** Events with one key replace each other. Each socket has a connection number of its own, so nothing is taken past a disconnection. */
  const keyOf = (event: MarketStreamEvent): string => {
    if (event.kind === 'update') return `${event.connection} ${event.update.openTime} ${event.update.symbol}`;
    return event.kind === 'heartbeat' ? `${event.connection}` : `event ${pushed++}`;
  };

  const ending = (): Promise<IteratorResult<MarketStreamEvent, undefined>> => {
    const failed = failure;
    failure = null;
    return failed ? Promise.reject(failed.error) : Promise.resolve(DONE);
  };

  return {
    push(event) {
      if (ended) return;
      const reader = readers.shift();
      if (reader) reader.resolve({ done: false, value: event });
      else waiting.set(keyOf(event), event);
    },
    next() {
      if (ended) return ending();
      for (const [key, value] of waiting) {
        waiting.delete(key);
        return Promise.resolve({ done: false, value });
      }
      return new Promise((resolve, reject) => readers.push({ resolve, reject }));
    },
    end(error) {
      if (ended) return;
      ended = true;
      waiting.clear();
      const [first, ...others] = readers.splice(0);
      if (error !== undefined && first) first.reject(error);
      else if (error !== undefined) failure = { error };
      else first?.resolve(DONE);
      for (const reader of others) reader.resolve(DONE);
    },
    size: () => waiting.size,
  };
}
