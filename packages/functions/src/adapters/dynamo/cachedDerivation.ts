import { type CoverageRecord, type DerivationStore, type EpochMs, seriesKey } from '@candlelake/core';
import { type CacheOptions, ExpiringCache } from './expiringCache.ts';

/**
 * The same store with coverage and watermark cached, for the stream, which derives nothing and reads both
 * before each survey of a series. A stale answer costs one needless survey of a day.
 */
export function cacheDerivation(store: DerivationStore, options: CacheOptions): DerivationStore {
  const coverage = new ExpiringCache<readonly CoverageRecord[]>(options);
  const watermark = new ExpiringCache<EpochMs>(options);
  return {
    ...store,
    async advanceAsOf(asOf) {
      const raised = await store.advanceAsOf(asOf);
      return watermark.reload('as_of', async () => raised);
    },
    async lowerAsOf(asOf) {
      await store.lowerAsOf(asOf);
      await watermark.reload('as_of', () => store.readAsOf());
    },
    readAsOf: () => watermark.get('as_of', () => store.readAsOf()),
    readCoverage(series, from, to) {
      return coverage.get(`${seriesKey(series)} ${from} ${to}`, () => store.readCoverage(series, from, to));
    },
  };
}
