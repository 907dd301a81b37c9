import { type CoverageRecord, type DerivationStore, type EpochMs, seriesKey } from '@candlelake/core';

export interface DerivationCacheOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** How long a coverage or watermark is used before it is read again, in ms. */
  readonly keepMs: number;
}

/**
 * The same store with coverage and watermark cached, for the stream, which derives nothing and reads both
 * before each survey of a series. A stale answer costs one needless survey of a day.
 */
export function cacheDerivation(
  store: DerivationStore,
  { now, keepMs }: DerivationCacheOptions,
): DerivationStore {
  const coverage = new Map<
    string,
    { readonly at: EpochMs; readonly value: Promise<readonly CoverageRecord[]> }
  >();
  let asOf: { readonly at: EpochMs; readonly value: EpochMs } | null = null;

  function cacheAsOf(value: EpochMs): EpochMs {
    asOf = { at: now(), value };
    return value;
  }

  return {
    ...store,
    advanceAsOf: async (time) => cacheAsOf(await store.advanceAsOf(time)),
    async readAsOf() {
      return asOf && now() - asOf.at <= keepMs ? asOf.value : cacheAsOf(await store.readAsOf());
    },
    readCoverage(series, from, to) {
      const key = `${seriesKey(series)} ${from} ${to}`;
      const known = coverage.get(key);
      if (known && now() - known.at <= keepMs) return known.value;
      for (const [old, { at }] of coverage) if (now() - at > keepMs) coverage.delete(old);
      const value = store.readCoverage(series, from, to);
      coverage.set(key, { at: now(), value });
      value.catch(() => coverage.delete(key));
      return value;
    },
  };
}
