import type { Exchange } from './exchange.ts';
import { lengthOfInterval } from './intervals.ts';
import { rowsOf } from './rows.ts';
import type { ShownCandle } from './view.ts';

/** A row as history writes it: texts, keys in recorded order, `time` the open time. */
export interface KlineRow {
  readonly open: string;
  readonly close: string;
  readonly high: string;
  readonly low: string;
  readonly volume: string;
  readonly time: number;
}

export interface Envelope {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

/** Both answer; v2 is the old one (dossier 1.1). */
export type KlinesVersion = 'v2' | 'v3';

/** Used when `limit` is left out (documented). */
const DEFAULT_LIMIT = 500;
/** v2 rounds volumes to 2 digits (recorded). */
const V2_VOLUME_DECIMALS = 2;

/** The answer to a klines request; business errors are envelopes too, their codes as documented (dossier 1.3). */
export function answerKlines(
  exchange: Exchange,
  version: KlinesVersion,
  query: Readonly<Record<string, string>>,
): Envelope {
  const { faults } = exchange;
  const { symbol = '', interval = '', startTime, endTime } = query;
  const instrument = exchange.market.get(symbol);
  if (!/^[A-Z0-9]+-[A-Z]+$/.test(symbol)) return invalid(`the symbol format is illegal: ${symbol}`);
  if (!instrument) return { code: 109425, msg: `${symbol} does not exist`, data: {} };
  const intervalMs = lengthOfInterval(interval);
  if (intervalMs === null || intervalMs % instrument.baseMs !== 0)
    return invalid(`the interval is invalid: ${interval}`);
  const numbers = { startTime, endTime, limit: query.limit };
  for (const [name, text] of Object.entries(numbers)) {
    if (text !== undefined && !/^\d{1,15}$/.test(text)) return invalid(`${name} must be an integer: ${text}`);
  }
  const limit = Number(query.limit ?? DEFAULT_LIMIT);
  if (limit < 1) return invalid('limit must be at least 1');
  const rows = rowsOf({
    instrument,
    intervalMs,
    from: startTime === undefined ? undefined : Number(startTime),
    to: endTime === undefined ? undefined : Number(endTime),
    limit,
    now: exchange.clock.now(),
    faults,
    withoutNewest: faults.vanishingNewest > 0 && exchange.random() < faults.vanishingNewest,
  }).map((row) => klineRow(row, version));
  // Documented for v2 in 2023: without a range `data` is the latest candle alone, no array.
  const alone = version === 'v2' && startTime === undefined && endTime === undefined;
  return { code: 0, msg: '', data: alone ? (rows[0] ?? null) : rows };
}

/** An error about the request's parameters. */
export function invalid(message: string): Envelope {
  return { code: 109400, msg: `Invalid parameters, err: ${message}`, data: {} };
}

function klineRow(candle: ShownCandle, version: KlinesVersion): KlineRow {
  const { open, close, high, low, openTime } = candle;
  const volume = version === 'v2' ? Number(candle.volume).toFixed(V2_VOLUME_DECIMALS) : candle.volume;
  return { open, close, high, low, volume, time: openTime };
}
