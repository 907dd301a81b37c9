import { type CoverageRecord, type DerivationStore, type EpochMs, seriesKey } from '@candlelake/core';

export interface DerivationCacheOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** Coverage and watermark are read again after this long. */
  readonly keepMs: number;
}

/**
 * The same store for a process that derives nothing but asks for coverage and watermark before each look at a series. An answer that is a little
 * old makes it look at a day once too often.
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

  function remember(value: EpochMs): EpochMs {
    asOf = { at: now(), value };
    return value;
  }

  return {
    ...store,
    advanceAsOf: async (time) => remember(await store.advanceAsOf(time)),
    async readAsOf() {
      return asOf && now() - asOf.at <= keepMs ? asOf.value : remember(await store.readAsOf());
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
