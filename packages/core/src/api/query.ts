import { nearestNames } from '../domain/nearestNames.ts';
import { type EpochMs, parseInstant } from '../domain/time/time.ts';
import { formatTimeframe, parseTimeframe } from '../domain/time/timeframe.ts';
import type { SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from './openApi.ts';

/** A request that is answered by a problem. The message is its detail, in one line. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Symbols that are offered in place of an unknown one. */
const NEAREST = 3;

/** The longest part of a value that is shown. */
const MAX_SHOWN = 60;

/** Parameters of a request, in their order; a name may be repeated. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** Returns the parameters by name. Throws RequestError for an unknown or a repeated one. */
export function readParameters(
  parameters: Parameters,
  known: readonly string[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (!known.includes(name)) throw new RequestError(400, unknownParameter(name, known));
    if (values.has(name))
      throw new RequestError(400, `parameter "${shown(name)}": given twice, expected once`);
    values.set(name, value);
  }
  return values;
}

function unknownParameter(name: string, known: readonly string[]): string {
  const expected = known.length > 0 ? `expected one of ${known.join(', ')}` : 'expected none';
  return `parameter "${shown(name)}": unknown, ${expected}`;
}

/** The series of the parameter `symbol`. Throws RequestError when the store does not have it. */
export function readSeries(
  parameters: ReadonlyMap<string, string>,
  series: readonly SeriesRecord[],
): SeriesRecord {
  const symbol = parameters.get('symbol');
  if (symbol === undefined)
    throw new RequestError(400, 'parameter "symbol": missing, expected one that /api/symbols lists');
  const found = series.find((one) => one.symbol === symbol.trim().toUpperCase());
  if (found) return found;
  const names = series.map((one) => one.symbol);
  const nearest = nearestNames(symbol.slice(0, MAX_SHOWN).toUpperCase(), names, NEAREST);
  const expected = nearest.length > 0 ? nearest.join(' or ') : 'one that /api/symbols lists';
  throw new RequestError(404, `symbol "${shown(symbol)}": not kept here, expected ${expected}`);
}

/** The timeframe in minutes; the first of the lake without the parameter. Throws RequestError. */
export function readTimeframe(
  parameters: ReadonlyMap<string, string>,
  { timeframes }: Pick<LakeSettings, 'timeframes'>,
): number {
  const text = parameters.get('timeframe');
  if (text === undefined) return timeframes[0]!;
  const minutes = parseTimeframe(text);
  if (minutes !== null && timeframes.includes(minutes)) return minutes;
  const expected = `one of ${timeframes.map(formatTimeframe).join(', ')}`;
  throw new RequestError(404, `timeframe "${shown(text)}": the lake does not have it, expected ${expected}`);
}

/** A half-open window of open times. */
export interface Window {
  /** Null: from the first row on. */
  readonly from: EpochMs | null;
  /** Null: up to now, the open bar included. */
  readonly to: EpochMs | null;
}

/** The parameters `from` and `to`. Throws RequestError. */
export function readWindow(parameters: ReadonlyMap<string, string>): Window {
  const from = readInstant('from', parameters.get('from'));
  const to = readInstant('to', parameters.get('to'));
  if (from !== null && to !== null && from >= to) {
    const text = parameters.get('from')!;
    throw new RequestError(
      400,
      `from "${shown(text)}": expected an instant before to "${parameters.get('to')}"`,
    );
  }
  return { from, to };
}

/** The parameter `limit`. Throws RequestError. */
export function readLimit(parameters: ReadonlyMap<string, string>): number {
  const text = parameters.get('limit');
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new RequestError(400, `limit "${shown(text)}": expected a whole number from 1 to ${MAX_LIMIT}`);
}

/** 1970 to 9999: later instants have no date in the lake's paths. */
const MAX_INSTANT = Date.UTC(10_000, 0) - 1;

function readInstant(name: string, text: string | undefined): EpochMs | null {
  if (text === undefined) return null;
  const instant = /^\d{1,15}$/.test(text) ? Number(text) : parseInstant(text);
  if (instant !== null && instant >= 0 && instant <= MAX_INSTANT) return instant;
  const expected = 'expected epoch milliseconds or a UTC time like 2026-11-22T12:00Z';
  throw new RequestError(400, `${name} "${shown(text)}": ${expected}`);
}

/** A value of the request in one short line. */
function shown(text: string): string {
  const line = text.replace(/[^\x20-\x7e]/g, '?');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}
