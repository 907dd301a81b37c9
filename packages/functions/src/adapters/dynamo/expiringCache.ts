import type { EpochMs } from '@candlelake/core';

export interface CacheOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** A value is loaded again after this long, for what other processes wrote. */
  readonly keepMs: number;
}

interface Entry<V> {
  /** When the load began. */
  readonly at: EpochMs;
  readonly value: Promise<V>;
}

/** Values by key. Callers that ask while a load is running share it; a load that fails is not cached. */
export class ExpiringCache<V> {
  readonly #options: CacheOptions;
  readonly #entries = new Map<string, Entry<V>>();

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** The cached value, else the one that `load` returns. */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const cached = this.#entries.get(key);
    if (cached && !this.#isExpired(cached)) return cached.value;
    for (const [old, entry] of this.#entries) {
      if (this.#isExpired(entry)) this.#entries.delete(old);
    }
    return this.reload(key, load);
  }

  /** Loads a value, whatever is cached, and caches it. */
  reload(key: string, load: () => Promise<V>): Promise<V> {
    return this.#set(key, { at: this.#options.now(), value: load() });
  }

  /** Changes a cached value, after its load if that is still running. Its age stays. */
  change(key: string, change: (value: V) => V): void {
    const entry = this.#entries.get(key);
    if (entry) this.#set(key, { at: entry.at, value: entry.value.then(change) });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  #set(key: string, entry: Entry<V>): Promise<V> {
    this.#entries.set(key, entry);
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.value;
  }

  #isExpired({ at }: Entry<V>): boolean {
    return this.#options.now() - at > this.#options.keepMs;
  }
}
