import type { MarketStreamEvent } from '../ports.ts';

type Result = IteratorResult<MarketStreamEvent, undefined>;

interface Reader {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Events between the connections and their reader. A slow reader cannot make the queue grow without bound:
 * only the newest update of a candle, and the newest heartbeat of a connection, is kept, at the position of
 * the first one. Last updates of older candles are kept; the order of connections and disconnections is kept.
 */
export class EventQueue {
  readonly #waiting = new Map<string, MarketStreamEvent>();
  readonly #readers: Reader[] = [];
  #ended = false;
  /** The error of {@link end} for the next reader. */
  #failure: { readonly error: unknown } | null = null;
  #pushed = 0;

  push(event: MarketStreamEvent): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: event });
    else this.#waiting.set(this.#keyOf(event), event);
  }

  next(): Promise<Result> {
    if (this.#ended) return this.#ending();
    for (const [key, value] of this.#waiting) {
      this.#waiting.delete(key);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Drops the queued events; a waiting reader gets the end, or the error. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting.clear();
    const [first, ...others] = this.#readers.splice(0);
    if (error !== undefined && first) first.reject(error);
    else if (error !== undefined) this.#failure = { error };
    else first?.resolve(DONE);
    for (const reader of others) reader.resolve(DONE);
  }

  /** The number of events that wait for the reader. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Events with one key replace each other. Connection numbers are never reused, so no event passes a
   * disconnection.
   */
  #keyOf(event: MarketStreamEvent): string {
    if (event.kind === 'update') return `${event.connection} ${event.update.openTime} ${event.update.symbol}`;
    return event.kind === 'heartbeat' ? `${event.connection}` : `event ${this.#pushed++}`;
  }

  #ending(): Promise<Result> {
    const failure = this.#failure;
    this.#failure = null;
    return failure ? Promise.reject(failure.error) : Promise.resolve(DONE);
  }
}
