import { canonicalDecimal, fractionDigits } from '../domain/candle/decimal.ts';
import type { EpochMs } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { Contract } from '../ports.ts';
import type { Refuse } from './badRecords.ts';
import { isObject, readInteger } from './jsonValues.ts';

/** Base and quote with a hyphen between them. Any script, but no spaces and no control characters. */
const SYMBOL = /^[^\s\p{C}]{1,40}-[^\s\p{C}]{1,20}$/u;

/** More digits than any price has. */
const MAX_PRECISION = 20;

/** 2100-01-01: a later instant is a mistake of the exchange. */
const LAST_INSTANT = 4_102_444_800_000;

/**
 * The contracts of `data` in the answer of /openApi/swap/v2/quote/contracts. A bad one is refused and the
 * others are kept. Throws RetryableError when none is left, which is a broken answer. Source: BingX "USDT-M
 * Perp Futures symbols".
 */
export function parseContracts(data: unknown, refuse: Refuse): readonly Contract[] {
  return parseAll(data, parseContract, refuse);
}

/**
 * The same of the answer of /openApi/spot/v1/common/symbols. Source: BingX "Spot trading symbols", ccxt.
 */
export function parseSpotSymbols(data: unknown, refuse: Refuse): readonly Contract[] {
  return parseAll(isObject(data) ? data.symbols : null, parseSpotSymbol, refuse);
}

function parseAll(
  rows: unknown,
  parse: (row: Readonly<Record<string, unknown>>) => Contract | null,
  refuse: Refuse,
): readonly Contract[] {
  const contracts: Contract[] = [];
  for (const raw of Array.isArray(rows) ? rows : []) {
    const contract = isObject(raw) ? parse(raw) : null;
    if (contract) contracts.push(contract);
    else refuse('wrong shape', raw);
  }
  if (contracts.length === 0)
    throw new RetryableError('the answer lists no contracts, expected at least one');
  return contracts;
}

/**
 * Exchange time of `data` in the answer of /openApi/swap/v2/server/time. Throws RetryableError without one.
 */
export function parseServerTime(data: unknown): EpochMs {
  const time = isObject(data) ? readInstant((data as WireServerTime).serverTime) : null;
  if (time === null) throw new RetryableError('the answer has no "serverTime", expected epoch milliseconds');
  return time;
}

function parseContract({ symbol, pricePrecision, launchTime }: WireContract): Contract | null {
  if (typeof symbol !== 'string' || !SYMBOL.test(symbol)) return null;
  const digits = readInteger(pricePrecision);
  return {
    symbol,
    pricePrecision: digits !== null && digits >= 0 && digits <= MAX_PRECISION ? digits : null,
    launchTime: readInstant(launchTime),
  };
}

function parseSpotSymbol({ symbol, tickSize, timeOnline }: WireSpotSymbol): Contract | null {
  const step = typeof tickSize === 'number' || typeof tickSize === 'string' ? String(tickSize) : '';
  const decimal = canonicalDecimal(step);
  const pricePrecision = decimal === null || decimal === '0' ? null : fractionDigits(decimal);
  return parseContract({ symbol, pricePrecision, launchTime: timeOnline });
}

function readInstant(raw: unknown): EpochMs | null {
  const time = readInteger(raw);
  return time !== null && time > 0 && time < LAST_INSTANT ? time : null;
}

// ---- the wire --------------------------------------------------------------------------------------------

interface WireContract {
  /** "BTC-USDT". */
  readonly symbol?: unknown;
  /** Decimals of a price: 1. */
  readonly pricePrecision?: unknown;
  /** Start of trading, epoch ms: 1586275200000; 0 when unknown. */
  readonly launchTime?: unknown;
}

interface WireSpotSymbol {
  /** "BTC-USDT". */
  readonly symbol?: unknown;
  /** The smallest step of a price: 0.000001. */
  readonly tickSize?: unknown;
  /** Start of trading, epoch ms; 0 when unknown. */
  readonly timeOnline?: unknown;
}

interface WireServerTime {
  /** Epoch ms: 1675319535362. */
  readonly serverTime?: unknown;
}
