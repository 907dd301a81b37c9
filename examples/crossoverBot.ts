/**
 * A bot on live bars: `node crossoverBot.ts`. Ctrl-C stops it. With `REST_URL` and `WS_URL` it streams from a
 * stand-in for the exchange.
 */
import { ConfigError, stream } from 'candlelake';

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());
const { OUTPUT: output = 'bingx_data', REST_URL: restUrl, WS_URL: wsUrl } = process.env;

const events = stream({
  symbols: ['BTC-USDT'],
  timeframes: ['21m'],
  output,
  ...(restUrl && wsUrl ? { restUrl, wsUrl } : {}),
  signal: stopping.signal,
});

try {
  for await (const { name, data } of events) {
    if (name === 'bar' && data.is_open) console.log(`open bar: ${data.close}, ${data.candle_count} candles`);
    if (name === 'bar' && !data.is_open) console.log(`bar closed at ${data.close}: ${data.status}`);
    if (name === 'revised' && data.reason === 'settled') console.log(`bar is ${data.status}`);
    if (name === 'candle') console.log(`candle confirmed: ${data.close}`);
    if (name === 'crossover') console.log(`${data.state} ${data.kind} at ${data.close} (${data.id})`);
    if (name === 'gap') console.log(`missing since ${new Date(data.from).toISOString()}`);
    if (name === 'repaired') console.log(`repaired from ${new Date(data.from).toISOString()}`);
  }
  console.log('stopped');
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
