import { type CrossoverNotice, EventQueue, RetryableError, type StreamEvent } from '@candlelake/core';

/** Further events are dropped, and the reader is told to load everything again. About 20 MB. */
const MAX_WAITING = 50_000;

const ENDED = 'the reader of the stream has ended';

interface WaitingEvent {
  readonly event: StreamEvent;
  /** Settles when the reader asks for the event after this one, or has ended before. */
  readonly processed?: PromiseWithResolvers<void>;
}

/** The events of a stream between the stream and its one reader. */
export class EventReader {
  readonly #queue = new EventQueue<WaitingEvent>(({ event }) => keyOf(event));
  #delivered: WaitingEvent | null = null;
  /** The crossover that is not processed yet; at most one at a time. */
  #crossover: WaitingEvent | null = null;
  #hasEnded = false;

  /** Adds an event. Of an open bar, of coverage and of status a slow reader gets the newest one only. */
  push(event: StreamEvent): void {
    if (this.#queue.size >= MAX_WAITING) {
      this.#queue.clear();
      const reason = `${MAX_WAITING} events waited for their reader`;
      this.#queue.push({ event: { name: 'reset', data: { reason } } });
      if (this.#crossover && this.#crossover !== this.#delivered) this.#queue.push(this.#crossover);
    }
    this.#queue.push({ event });
  }

  /**
   * Adds a crossover. Resolves when the reader has asked for the event after it. Throws RetryableError when
   * the reader has ended before, and the signal's reason when it aborts.
   */
  async pushCrossover(data: CrossoverNotice, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#hasEnded) throw new RetryableError(ENDED);
    const processed = Promise.withResolvers<void>();
    const onAbort = () => processed.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#crossover = { event: { name: 'crossover', data }, processed };
    this.#queue.push(this.#crossover);
    try {
      await processed.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#crossover = null;
    }
  }

  async next(): Promise<IteratorResult<StreamEvent, undefined>> {
    this.#take(null);
    const { done, value } = await this.#queue.next();
    if (done) return { done, value };
    // Of two calls that waited at the same time the second has asked for the event after that of the first.
    this.#take(value);
    return { done: false, value: value.event };
  }

  /** No further event comes: the reader gets those that wait, then the end. */
  finish(): void {
    this.#close();
    this.#queue.finish();
  }

  /** Drops the waiting events; the reader gets the end, or the error. */
  end(error?: unknown): void {
    this.#close();
    this.#queue.end(error);
  }

  #close(): void {
    this.#hasEnded = true;
    this.#crossover?.processed?.reject(new RetryableError(ENDED));
  }

  /** The reader has an event, and has processed the one before it. */
  #take(event: WaitingEvent | null): void {
    this.#delivered?.processed?.resolve();
    this.#delivered = event;
  }
}

function keyOf({ name, data }: StreamEvent): string | null {
  if (name === 'bar' && data.is_open) return `bar ${data.symbol} ${data.timeframe} ${data.open_time}`;
  if (name === 'coverage') return `coverage ${data.symbol}`;
  return name === 'status' ? name : null;
}
