/** Merges candle after candle into the store at argv[2] and prints the open time of each once it is stored; ends when it is killed. */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../packages/cli/src/adapters/sqliteStore.ts';
import { BTC, FRIDAY, makeCandle, SETTINGS, SLOT } from '../../contracts/storeFixture.ts';

const store = openSqliteStore(process.argv[2]!, { now: Date.now });
await store.writeSettings(SETTINGS);
for (let openTime = FRIDAY; ; openTime += SLOT) {
  await store.merge([{ series: BTC, candles: [makeCandle(openTime)] }]);
  await store.advanceAsOf(openTime + SLOT);
  writeSync(1, `${openTime}\n`);
}
