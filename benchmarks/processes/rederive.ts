/**
 * The lake thread on a store, with the short period given; prints how many days it derived, how long until the
 * lake was up to date, and the CPU time of all threads until then, as JSON. Where that time goes is shown by
 * `node --cpu-prof --max-semi-space-size=2 benchmarks/processes/rederive.ts FOLDER 5` on the folder of an
 * import: one profile for each thread.
 */
import { join } from 'node:path';
import { startLakeThread } from '../../packages/cli/src/adapters/lakeThread.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { lakeSettings } from '../../tests/support/lakeSettings.ts';
import { processMemory } from '../processMemory.ts';

const [folder = '', maShort = ''] = process.argv.slice(2);
const storePath = join(folder, 'candles.sqlite');
const start = performance.now();
const usedBefore = process.cpuUsage();
const store = openSqliteStore(storePath, { now: Date.now });
await store.writeSettings(lakeSettings({ periods: { maShort: Number(maShort), maLong: 7, atr: 14 } }));
const { length: days } = await store.dirtyDays();
const lake = startLakeThread({
  ...{ storePath, memoryMapped: false, clock: null, barsFrom: Number.POSITIVE_INFINITY },
  ...{ lakeRoot: join(folder, 'parquet'), leasePath: join(folder, 'lake.lock') },
  ...{ report: () => {}, onBars: () => {} },
});
await lake.flush(new AbortController().signal);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(usedBefore);
const cpuSeconds = (user + system) / 1e6;
console.log(JSON.stringify({ days, seconds, cpuSeconds, peak: processMemory().peak }));
await lake.stop();
store.close();
