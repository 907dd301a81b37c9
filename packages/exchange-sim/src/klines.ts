import type { Exchange } from './exchange.ts';
import { lengthOfInterval } from './intervals.ts';
import { lieInRows } from './lies.ts';
import { type KlineRow, rowsOf } from './rows.ts';
import type { ShownCandle } from './view.ts';

export interface Envelope {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

/** Both answer; v2 is the old one (dossier 1.1). */
export type KlinesVersion = 'v2' | 'v3';

/** Used when `limit` is left out (documented). */
const DEFAULT_LIMIT = 500;
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
  if (!instrument) return unknownSymbol(symbol);
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
    // v2 rounds volumes to 2 digits (recorded).
    instrument: version === 'v2' ? { ...instrument, historyVolumeDecimals: V2_VOLUME_DECIMALS } : instrument,
    intervalMs,
    from: startTime === undefined ? undefined : Number(startTime),
    to: endTime === undefined ? undefined : Number(endTime),
    limit,
    now: exchange.clock.now(),
    faults,
    withoutNewest: faults.vanishingNewest > 0 && exchange.random() < faults.vanishingNewest,
  }).map(klineRow);
  // Documented for v2 in 2023: without a range `data` is the latest candle alone, no array.
  const alone = version === 'v2' && startTime === undefined && endTime === undefined;
  if (alone) return { code: 0, msg: '', data: rows[0] ?? null };
  return { code: 0, msg: '', data: shapeData(exchange, lieInRows(exchange, rows, intervalMs)) };
}

/** The error for a symbol that is not listed. */
export function unknownSymbol(symbol: string): Envelope {
  return { code: 109425, msg: `${symbol} does not exist`, data: {} };
}

/** An error about the request's parameters. */
function invalid(message: string): Envelope {
  return { code: 109400, msg: `Invalid parameters, err: ${message}`, data: {} };
}

/** `data` in the shape that the faults ask for. */
function shapeData(exchange: Exchange, rows: readonly unknown[]): unknown {
  switch (exchange.faults.restData) {
    case 'rows':
      return rows;
    case 'ascending':
      return rows.toReversed();
    case 'null':
      return null;
    case 'emptyObject':
      return {};
    case 'singleObject':
      return rows[0] ?? {};
  }
}

function klineRow({ open, close, high, low, volume, openTime }: ShownCandle): KlineRow {
  return { open, close, high, low, volume, time: openTime };
}
