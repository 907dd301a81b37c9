import { join } from 'node:path';
import { DAY_MS, HOUR_MS, type Market, MINUTE_MS } from '@candlelake/core';

/** Where freqtrade looks for the data of an exchange. Source: freqtrade, "Data Downloading". */
export const FREQTRADE_FOLDER = join('user_data', 'data', 'bingx');

/**
 * The file of a symbol in freqtrade's data folder: `futures/BTC_USDT_USDT-1h-futures.feather` of a perpetual
 * contract, `BTC_USDT-1h.feather` of spot. Source: `pair_to_filename` and `_pair_data_filename` of freqtrade
 * 2026.9.
 */
export function freqtradePath(market: Market, symbol: string, timeframeMinutes: number): string {
  const dash = symbol.lastIndexOf('-');
  const quote = symbol.slice(dash + 1);
  const contract = market === 'swap' ? `:${quote}` : '';
  const pair = `${symbol.slice(0, dash)}/${quote}${contract}`.replace(/[/ .@$+:]/g, '_');
  const name = `${pair}-${freqtradeTimeframe(timeframeMinutes)}`;
  return market === 'swap' ? join('futures', `${name}-futures.feather`) : `${name}.feather`;
}

/** The name of a timeframe: `21m`, `1h`, `1d`. */
function freqtradeTimeframe(minutes: number): string {
  const lengthMs = minutes * MINUTE_MS;
  if (lengthMs % DAY_MS === 0) return `${lengthMs / DAY_MS}d`;
  return lengthMs % HOUR_MS === 0 ? `${lengthMs / HOUR_MS}h` : `${minutes}m`;
}

/**
 * A warning about a timeframe whose bars freqtrade moves; null for the others. It fills holes on a grid that
 * goes on over midnight, on which only timeframes that divide the day have our bars.
 */
export function freqtradeGridWarning(timeframeMinutes: number): string | null {
  if ((DAY_MS / MINUTE_MS) % timeframeMinutes === 0) return null;
  return (
    `freqtrade resamples bars of ${timeframeMinutes}m on a grid that goes on over midnight, where these begin anew: ` +
    'export a timeframe that divides the day, such as 20m or 1h'
  );
}
