/**
 * The receive path of `candlelake stream` in a separate process: sockets, parsing, closing, SQLite and
 * repair, without the lake worker. Prints one line of JSON a second; ends on SIGTERM.
 */
import { join } from 'node:path';
import { createCollector, INITIAL_LAKE_STATUS } from '@candlelake/core';
import { connectExchange, createClock, yieldToHost } from '@candlelake/node';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { lakeSettings } from '../../tests/support/lakeSettings.ts';

const [folder = '', restUrl = '', wsUrl = '', count = '1', real = '0', simulated = '0', speed = '1'] =
  process.argv.slice(2);
const clockSetting = { real: Number(real), simulated: Number(simulated), speed: Number(speed) };
const clock = createClock(clockSetting);
const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: clock.now });
const report = () => {};
const { history, exchangeClock, marketStream } = connectExchange({
  settings: { market: 'swap', restUrl, wsUrl, clock: clockSetting, requestsPerSecond: 1 },
  clock,
  pace: store,
  report,
});
const symbols = (await history.contracts(new AbortController().signal))
  .map(({ symbol }) => symbol)
  .slice(0, Number(count));
await store.writeSettings(lakeSettings({ interval: '1m' }));

/** Real ms from a detected close until the candle was durable. */
const latencies: number[] = [];
const stream = createCollector(
  {
    ...{
      clock,
      random: Math.random,
      exchangeClock,
      history,
      marketStream,
      candles: store,
      derivation: store,
      report,
      yieldToHost,
    },
    lake: { request: () => {}, flush: async () => {}, status: () => INITIAL_LAKE_STATUS },
    flushLimit: () => AbortSignal.timeout(1000),
    onStored: (candles, latencyMs) => {
      for (let candle = 0; candle < candles; candle++) latencies.push(latencyMs / Number(speed));
    },
  },
  { symbols, interval: '1m', historyDays: 0, backfill: false, gapFill: true, until: null },
);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const telling = setInterval(() => {
  const { counters, link } = stream.status();
  const { user, system } = process.cpuUsage();
  const memory = { rss: process.memoryUsage.rss(), heap: process.memoryUsage().heapUsed };
  console.log(
    JSON.stringify({
      now: clock.now(),
      ...counters,
      ...link,
      ...memory,
      cpuMs: (user + system) / 1000,
      latencies,
    }),
  );
}, 1000);
await stream.run(stop.signal);
clearInterval(telling);
store.close();
