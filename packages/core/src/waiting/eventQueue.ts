interface Reader<E> {
  readonly resolve: (result: IteratorResult<E, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Events between their sources and their reader. Of the waiting events with one key only the newest is kept,
 * at the position of the first one; those whose key is null are all kept.
 */
export class EventQueue<E> {
  readonly #keyOf: (event: E) => string | null;
  readonly #waiting = new Map<string | number, E>();
  readonly #readers: Reader<E>[] = [];
  #ended = false;
  /** Whether the waiting events are the last ones. */
  #finishing = false;
  /** The error of {@link end} for the next reader. */
  #failure: { readonly error: unknown } | null = null;
  #pushed = 0;

  constructor(keyOf: (event: E) => string | null) {
    this.#keyOf = keyOf;
  }

  push(event: E): void {
    if (this.#ended || this.#finishing) return;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: event });
    else this.#waiting.set(this.#keyOf(event) ?? this.#pushed++, event);
  }

  next(): Promise<IteratorResult<E, undefined>> {
    if (this.#ended) return this.#ending();
    for (const [key, value] of this.#waiting) {
      this.#waiting.delete(key);
      if (this.#finishing) this.finish();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Drops the queued events. */
  clear(): void {
    this.#waiting.clear();
  }

  /** Takes no further event; the reader gets those that wait, then the end. */
  finish(): void {
    this.#finishing = true;
    if (this.#waiting.size === 0) this.end();
  }

  /** Drops the queued events; a waiting reader gets the end, or the error. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.clear();
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

  #ending(): Promise<IteratorResult<E, undefined>> {
    const failure = this.#failure;
    this.#failure = null;
    return failure ? Promise.reject(failure.error) : Promise.resolve(DONE);
  }
}
