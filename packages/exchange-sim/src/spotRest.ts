import { spoilRows } from './badValues.ts';
import { contractState } from './contracts.ts';
import { decimalStep } from './decimals.ts';
import type { Exchange } from './exchange.ts';
import { lengthOfInterval } from './intervals.ts';
import { invalidNumber, type Query, readRows, shapeData } from './klines.ts';
import { spotRow } from './spotShapes.ts';

/** Used without a `limit` (documented). */
const DEFAULT_LIMIT = 500;
/** Spot's grid without the parameter `timeZone` (docs/bingx.md trap 30). */
const DEFAULT_TIME_ZONE = 8;
const HOUR_MS = 3_600_000;

/** Answer to a request for klines of spot, of at most `mostRows` rows. */
export function answerSpotKlines(exchange: Exchange, query: Query, mostRows: number): object {
  const { faults, spot, clock } = exchange;
  const { symbol = '', interval = '', timeZone = String(DEFAULT_TIME_ZONE) } = query;
  const instrument = spot.get(symbol);
  const contract = instrument ? contractState(faults, instrument) : null;
  if (!instrument || !contract) return refusal(100204, `symbol ${symbol} not exist`);
  const intervalMs = lengthOfInterval(interval);
  if (intervalMs === null || intervalMs % instrument.baseMs !== 0)
    return refusal(100400, `the interval is invalid: ${interval}`);
  const problem = invalidNumber(query) ?? invalidZone(timeZone);
  if (problem) return refusal(100400, problem);
  if (faults.paused.includes(symbol)) return refusal(100490, `spot symbol ${symbol} is offline`);
  const limit = Math.min(Number(query.limit ?? DEFAULT_LIMIT), mostRows);
  const gridMs = Number(timeZone) * HOUR_MS;
  const asked = { instrument, contract, intervalMs, query: { ...query, limit: String(limit) }, gridMs };
  const rows = spoilRows(exchange, symbol, readRows(exchange, asked), intervalMs);
  const shaped = shapeData(
    exchange,
    rows.map((row) => spotRow(row, intervalMs)),
  );
  return { code: 0, timestamp: clock.now(), data: shaped };
}

/** `data` of the list of spot symbols, fields as documented ("Spot trading symbols"). */
export function spotSymbols({ faults, spot }: Exchange, symbol?: string): object {
  const symbols = [...spot.values()].flatMap((instrument) => {
    const state = contractState(faults, instrument);
    if (!state || (symbol !== undefined && symbol !== instrument.symbol)) return [];
    return {
      symbol: instrument.symbol,
      minNotional: 5,
      maxNotional: 20_000,
      status: state.status,
      tickSize: decimalStep(instrument.priceDecimals),
      stepSize: decimalStep(instrument.volumeDecimals),
      apiStateSell: state.apiStateOpen,
      apiStateBuy: state.apiStateOpen,
      timeOnline: state.launchTime,
      offTime: state.offTime,
      maintainTime: 0,
    };
  });
  return { symbols };
}

function invalidZone(timeZone: string): string | null {
  return /^-?\d{1,2}$/.test(timeZone) ? null : `timeZone must be an integer: ${timeZone}`;
}

function refusal(code: number, msg: string): object {
  return { code, msg, data: {} };
}
