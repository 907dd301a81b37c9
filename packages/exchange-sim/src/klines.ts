import { spoilRows } from './badValues.ts';
import type { ContractState } from './contractState.ts';
import { contractState } from './contracts.ts';
import type { Exchange } from './exchange.ts';
import type { Replica } from './faultParts.ts';
import { includesSymbol } from './faults.ts';
import type { Instrument } from './instrument.ts';
import { lengthOfInterval } from './intervals.ts';
import { type KlineRow, rowsOf } from './rows.ts';
import type { ShownCandle } from './view.ts';

export interface Envelope {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

/** Both paths answer; v2 is the older one (docs/bingx.md, "REST candles"). */
type KlinesVersion = 'v2' | 'v3';

export type Query = Readonly<Record<string, string>>;

/** Used without a `limit` (documented). */
const DEFAULT_LIMIT = 500;
const V2_VOLUME_DECIMALS = 2;
const CONTRACTS_PATH = '/openApi/swap/v2/quote/contracts';

/** Answer to a klines request. Business errors are envelopes too (docs/bingx.md, "Errors"). */
export function answerKlines(exchange: Exchange, version: KlinesVersion, query: Query): Envelope {
  const { faults, market } = exchange;
  const { symbol = '', interval = '' } = query;
  if (!/^[^-]+-(USDT|USDC)$/.test(symbol)) return invalid('symbol: This field must end with -USDT or -USDC.');
  const instrument = market.get(symbol);
  const contract = instrument ? contractState(faults, instrument) : null;
  if (!instrument || !contract) return unknownSymbol(symbol);
  const intervalMs = lengthOfInterval(interval);
  if (intervalMs === null || intervalMs % instrument.baseMs !== 0)
    return invalid(`the interval is invalid: ${interval}`);
  const problem = invalidNumber(query);
  if (problem) return invalid(problem);
  if (faults.paused.includes(symbol)) return paused(symbol);
  const rows = spoilRows(
    exchange,
    symbol,
    readRows(exchange, {
      // v2 rounds volumes to 2 digits (recorded).
      instrument:
        version === 'v2' ? { ...instrument, historyVolumeDecimals: V2_VOLUME_DECIMALS } : instrument,
      ...{ contract, intervalMs, query },
    }),
    intervalMs,
  );
  // Documented for v2 in 2023: without a range `data` is the latest candle, not an array.
  const isSingle = version === 'v2' && query.startTime === undefined && query.endTime === undefined;
  return { code: 0, msg: '', data: isSingle ? (rows[0] ?? null) : shapeData(exchange, rows) };
}

/** The error for a symbol that is not listed. */
export function unknownSymbol(symbol: string): Envelope {
  return { code: 109425, msg: `${symbol} not exist, please verify it in api: ${CONTRACTS_PATH}`, data: {} };
}

/** The error for a paused contract; its text as recorded, spelling included. */
function paused(symbol: string): Envelope {
  const msg = `${symbol} is pause currently,all validted symbols in api:${CONTRACTS_PATH}, please verify it`;
  return { code: 109415, msg, data: {} };
}

/** The error for invalid parameters. */
function invalid(message: string): Envelope {
  return { code: 109400, msg: `Invalid parameters, err:${message}`, data: {} };
}

/** What is wrong with the numbers of a query; null for nothing. */
export function invalidNumber({ startTime, endTime, limit }: Query): string | null {
  for (const [name, text] of Object.entries({ startTime, endTime, limit })) {
    if (text !== undefined && !/^\d{1,15}$/.test(text)) return `${name} must be an integer: ${text}`;
  }
  return Number(limit ?? DEFAULT_LIMIT) < 1 ? 'limit must be at least 1' : null;
}

/** The rows that a request asks for, newest first, faults included. */
export function readRows(
  exchange: Exchange,
  request: {
    readonly instrument: Instrument;
    readonly contract: ContractState;
    readonly intervalMs: number;
    readonly query: Query;
    /** As in {@link RowsRequest}. */
    readonly gridMs?: number;
  },
): readonly KlineRow[] {
  const { faults, clock } = exchange;
  const { instrument, intervalMs, query, gridMs } = request;
  if (includesSymbol(faults.emptyHistory, instrument.symbol)) return [];
  const { launchTime } = request.contract;
  const rows = rowsOf({
    instrument,
    intervalMs,
    gridMs,
    // A launch that the list moved ahead hides the rows before it.
    from: Math.max(Number(query.startTime ?? 0), launchTime > instrument.launchTime ? launchTime : 0),
    to:
      query.endTime === undefined
        ? undefined
        : Number(query.endTime) + (faults.bounds === 'halfOpen' ? 0 : 1),
    limit: Number(query.limit ?? DEFAULT_LIMIT),
    now: clock.now(),
    faults,
    replica: chooseReplica(exchange),
    withoutNewest: faults.vanishingNewest > 0 && exchange.random() < faults.vanishingNewest,
  });
  return rows.map(klineRow);
}

/** The replica that answers this request; null for a complete one. */
function chooseReplica({ faults, random }: Exchange): Replica | null {
  if (faults.replicas.length === 0) return null;
  let drawn = random();
  for (const replica of faults.replicas) {
    if (drawn < replica.share) return replica;
    drawn -= replica.share;
  }
  return null;
}

/** `data` in the shape that the faults ask for. */
export function shapeData(exchange: Exchange, rows: readonly unknown[]): unknown {
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
