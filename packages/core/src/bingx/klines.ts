import { checkCandleValues, type RawCandleValues } from '../domain/candle/candleCheck.ts';
import { CLOCK_TOLERANCE_MS } from '../domain/candle/closing.ts';
import type { EpochMs } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { HistoryRow } from '../ports.ts';
import type { BadRecordKind, Refuse } from './badRecords.ts';
import { isObject, readInteger } from './jsonValues.ts';

/**
 * Limits for the records of one answer or frame. `now` is exchange time; null while it is unknown, then no
 * record is too new or too old.
 */
export interface RecordChecks {
  readonly intervalMs: number;
  readonly now: EpochMs | null;
  readonly refuse: Refuse;
}

/** The unchecked fields of one kline. */
export interface RawKline extends RawCandleValues {
  readonly time: unknown;
}

/** More rows than any request asks for: the documented limit is 1440. */
const MAX_ROWS = 5_000;

/** Klines of one answer. */
export interface ParsedKlines {
  /** Good rows in the order they came, the open candle perhaps among them. */
  readonly rows: readonly HistoryRow[];
  /** Times of the refused rows, also off the grid; null for a row without a readable time. */
  readonly refusedTimes: readonly (EpochMs | null)[];
}

/**
 * Reads the klines of `data` in a REST answer: an array, one object, null or {} (the last two are no rows); a
 * row is an object or an array. A bad row is refused and the others are kept. Throws RetryableError when
 * `data` is none of these or too long. Source: BingX "Kline/Candlestick Data" v3, its 2023 page for the
 * single object, recorded answers for the rest.
 */
export function parseKlineRows(data: unknown, checks: RecordChecks): ParsedKlines {
  const raws = rowsOf(data);
  if (raws.length > MAX_ROWS)
    throw new RetryableError(`the answer has ${raws.length} klines, expected at most ${MAX_ROWS}`);
  const rows: HistoryRow[] = [];
  const refusedTimes: (EpochMs | null)[] = [];
  for (const raw of raws) {
    const fields = rawRow(raw);
    const row = fields ? parseKline(fields, checks) : 'wrong shape';
    if (typeof row !== 'string') {
      rows.push(row);
      continue;
    }
    checks.refuse(row, raw);
    refusedTimes.push(readTime(fields?.time));
  }
  return { rows, refusedTimes };
}

/** One kline, checked and made canonical, or why it is refused. A flat kline without volume is a candle. */
export function parseKline(raw: RawKline, checks: RecordChecks): HistoryRow | BadRecordKind {
  const openTime = readOpenTime(raw.time, checks);
  if (typeof openTime === 'string') return openTime;
  const values = checkCandleValues(raw);
  return typeof values === 'string' ? values : { openTime, ...values };
}

function rowsOf(data: unknown): readonly unknown[] {
  if (data === null) return [];
  if (Array.isArray(data)) return data;
  if (!isObject(data)) throw new RetryableError(`the answer's data is "${typeof data}", expected klines`);
  return Object.keys(data).length === 0 ? [] : [data];
}

function rawRow(raw: unknown): RawKline | null {
  if (Array.isArray(raw)) {
    const [time, open, high, low, close, volume]: WireKlineArray = raw;
    return { time, open, high, low, close, volume };
  }
  return isObject(raw) ? (raw as Partial<WireKline> as RawKline) : null;
}

/** The open time, also from an inclusive close time (open + interval − 1), which some documentation shows. */
function readOpenTime(raw: unknown, { intervalMs, now }: RecordChecks): EpochMs | BadRecordKind {
  const time = readTime(raw);
  if (time === null) return 'wrong time';
  const remainder = time % intervalMs;
  const openTime = remainder === intervalMs - 1 ? time - remainder : time;
  if (openTime % intervalMs !== 0) return 'off the grid';
  return now !== null && openTime > now + CLOCK_TOLERANCE_MS ? 'in the future' : openTime;
}

function readTime(raw: unknown): EpochMs | null {
  const time = readInteger(raw);
  return time !== null && time > 0 ? time : null;
}

// ---- the wire --------------------------------------------------------------------------------------------
// https://bingx-api.github.io/docs-v3 "Kline/Candlestick Data"; recorded values: decimal text on swap,
// numbers on spot.

/** A row of /openApi/swap/v3/quote/klines. */
interface WireKline {
  /** Price in the quote currency: "0.7034". */
  readonly open: unknown;
  /** Price: "0.7065". */
  readonly close: unknown;
  /** Price: "0.7081". */
  readonly high: unknown;
  /** Price: "0.7033". */
  readonly low: unknown;
  /** Base coin: "635494.00". */
  readonly volume: unknown;
  /** Open time, epoch ms: 1702717200000. */
  readonly time: unknown;
}

/**
 * The same as an array (spot, and one page about swap): open time, open, high, low, close, base volume,
 * others.
 */
type WireKlineArray = readonly unknown[];
