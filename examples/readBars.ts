/**
 * Prints the last bars of a lake, and what is missing in it: `node readBars.ts bingx_data BTC-USDT`.
 */
import { openLake } from 'candlelake';

const [folder = 'bingx_data', symbol = 'BTC-USDT'] = process.argv.slice(2);
const lake = openLake(folder);
try {
  const { timeframes } = await lake.symbols();
  const bars = await lake.bars({ symbol, timeframe: timeframes[0]!, limit: 5 });
  for (const { open_time, close, ma_short, ma_cross, status } of bars)
    console.log(new Date(open_time).toISOString(), close, ma_short, ma_cross ?? '-', status);

  const [newest] = await lake.candles({ symbol, limit: 1 });
  console.log(`newest candle: ${newest?.close} (${newest?.status})`);

  const { runs } = await lake.coverage({ symbol });
  const missing = runs.filter(({ state }) => state === 'missing');
  console.log(`${symbol}: ${missing.length} runs of missing slots`);
} finally {
  lake.close();
}
