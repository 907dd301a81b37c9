import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  candleAt,
  createSyntheticInstrument,
  type Instrument,
  parseClock,
  type RunningExchange,
  readRecordedInstrument,
  startExchange,
} from '../../../packages/exchange-sim/src/index.ts';
import { connectCcxt, type Ohlcv } from './ccxt.ts';

const MINUTE = 60_000;
/** A simulated minute takes three seconds. */
const SPEED = 20;
const START = Date.UTC(2025, 7, 3, 0, 40, 20);
const FILE = new URL('../../fixtures/bingx/btc-usdt-3m-closed.csv', import.meta.url).pathname;
/** Share by which the stream's last volume may be below the final one (docs/bingx.md trap 13). */
const SHORT = 0.0025;
const PRECISION_OF_BTC = 0.1;

const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
const spot = createSyntheticInstrument({ symbol: 'BTC-USDT', seed: 2 });
const range = { since: START - 40 * MINUTE - 20_000, until: START - 4 * MINUTE - 20_000 };

const folder = process.argv[2]!;
const exchange = await startExchange({
  instruments: [btc, readRecordedInstrument({ symbol: 'REC-USDT', file: FILE })],
  spot: [spot],
  clock: parseClock(`${Date.now()}:${START}:${SPEED}`),
});
try {
  await checkCcxt(exchange);
  await checkCcxtSpot(exchange);
  await checkPython(exchange);
} finally {
  await exchange.close();
}

async function checkCcxt(running: RunningExchange): Promise<void> {
  const client = await connectCcxt(folder, running, 'swap');
  const markets = await client.loadMarkets();
  assert.equal(markets['BTC/USDT:USDT']!.precision.price, PRECISION_OF_BTC);

  checkFetched(
    'ccxt fetchOHLCV',
    await client.fetchOHLCV('BTC/USDT:USDT', '3m', range.since, 1000, { until: range.until }),
  );
  const recorded = recordedRows();
  const from = Date.UTC(2025, 7, 2, 12, 36);
  const fetched = await client.fetchOHLCV('REC/USDT:USDT', '3m', from, 1000, {
    until: Date.UTC(2025, 7, 3, 0, 30),
  });
  assert.deepEqual(
    fetched,
    recorded.filter(([time]) => time >= from && time < Date.UTC(2025, 7, 3, 0, 30)),
  );
  console.log(`ccxt fetchOHLCV: ${fetched.length} recorded candles across midnight as in the file`);

  const watched = new Map<number, Ohlcv>();
  let updates = 0;
  while (watched.size < 5) {
    for (const candle of await client.watchOHLCV('BTC/USDT:USDT', '1m')) watched.set(candle[0], candle);
    updates += 1;
  }
  checkWatched(`ccxt watchOHLCV, ${updates} updates`, [...watched.values()]);
  assert.ok(running.stats().pongs > 10, 'ccxt answered the pings');
  await client.unWatchOHLCV('BTC/USDT:USDT', '1m');
  await client.close();
}

async function checkCcxtSpot(running: RunningExchange): Promise<void> {
  const client = await connectCcxt(folder, running, 'spot');
  const markets = await client.loadMarkets();
  assert.equal(markets['BTC/USDT']!.precision.price, PRECISION_OF_BTC);
  const { since, until } = range;
  const name = 'ccxt fetchOHLCV of spot';
  checkFetched(name, await client.fetchOHLCV('BTC/USDT', '3m', since, 1000, { until }), spot);

  // ccxt asks with timeZone 0; without it days begin at 16:00 UTC (docs/bingx.md trap 30).
  for (const [timeZone, hour] of [
    [undefined, 0],
    [8, 16],
  ] as const) {
    const params = timeZone === undefined ? {} : { timeZone };
    const days = await client.fetchOHLCV('BTC/USDT', '1d', undefined, 3, params);
    assert.deepEqual(
      days.map(([time]) => new Date(time).getUTCHours()),
      [hour, hour, hour],
    );
  }
  console.log('ccxt fetchOHLCV of spot: days begin at 00:00 UTC, with timeZone 8 at 16:00 UTC');

  const pongs = running.stats().pongs;
  const watched = new Map<number, Ohlcv>();
  while (watched.size < 5) {
    for (const candle of await client.watchOHLCV('BTC/USDT', '1m')) watched.set(candle[0], candle);
  }
  checkWatched('ccxt watchOHLCV of spot', [...watched.values()], spot);
  assert.ok(running.stats().pongs > pongs + 10, 'ccxt answered the pings of spot');
  await client.close();
}

async function checkPython(running: RunningExchange): Promise<void> {
  const { restUrl, wsUrl, spotWsUrl } = running;
  const flags = [restUrl, wsUrl, spotWsUrl, String(range.since), String(range.until)];
  const script = new URL('clients.py', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(`${folder}/python/bin/python`, [script, ...flags]);
  const answers = JSON.parse(stdout) as Record<string, Ohlcv[]>;
  checkFetched('ccxt (Python) fetch_ohlcv', answers.ccxtFetched!);
  checkWatched('ccxt (Python) watch_ohlcv', answers.ccxtWatched!);
  checkFetched('ccxt (Python) fetch_ohlcv of spot', answers.spotFetched!, spot);
  checkWatched('ccxt (Python) watch_ohlcv of spot', answers.spotWatched!, spot);
  checkFetched('bingx-python get_klines', answers.bingxPython!.toReversed());
  checkFetched('bingx-py kline_candlestick_data', answers.bingxPy!.toReversed());
}

/** Checks that all candles of the range are there, oldest first, equal to those of the market. */
function checkFetched(who: string, candles: readonly Ohlcv[], instrument = btc): void {
  const expected: Ohlcv[] = [];
  for (let time = range.since; time < range.until; time += 3 * MINUTE)
    expected.push(truth(instrument, 3 * MINUTE, time));
  assert.deepEqual(candles, expected, who);
  console.log(`${who}: ${candles.length} candles equal to the market's`);
}

/** Checks that closed candles have the final prices and nearly the final volume. The newest one is open. */
function checkWatched(who: string, candles: readonly Ohlcv[], instrument = btc): void {
  const closed = candles.slice(0, -1);
  closed.forEach((candle, i) => {
    const [time, open, high, low, close, volume] = truth(instrument, MINUTE, candle[0]);
    assert.deepEqual(candle.slice(0, 5), [time, open, high, low, close], who);
    assert.ok(
      candle[5] <= volume && candle[5] >= volume * (1 - SHORT),
      `${who}: volume ${candle[5]} of ${volume}`,
    );
    if (i > 0) assert.equal(time, closed[i - 1]![0] + MINUTE, who);
  });
  console.log(`${who}: ${closed.length} closed candles with the final prices`);
}

function truth(instrument: Instrument, intervalMs: number, openTime: number): Ohlcv {
  const candle = candleAt(instrument, intervalMs, openTime);
  assert.ok(candle, `no candle at ${openTime}`);
  const { open, high, low, close, volume } = candle;
  return [openTime, Number(open), Number(high), Number(low), Number(close), Number(volume)];
}

function recordedRows(): readonly Ohlcv[] {
  const lines = readFileSync(FILE, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => line.split(',').slice(0, 6).map(Number) as unknown as Ohlcv);
}
