import {
  type Candle,
  type CandleSource,
  type CandleStatus,
  MARKETS,
  type Series,
} from '../domain/candle/candle.ts';
import { checkCandleValues } from '../domain/candle/candleCheck.ts';
import { seriesKey } from '../domain/slots/seriesRecord.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import { BadDataError } from '../errors.ts';
import { type CandlesPlace, parseCandlesPath } from '../lake/partitions.ts';
import type { DecodedTable, DecodeTable, SlotFacts } from '../ports.ts';
import { isSymbol } from '../settings/values.ts';
import { findTableFault } from './tableFault.ts';

/** The candles of one object of the lake, as facts for a store. */
export interface LakeCandles {
  readonly facts: readonly SlotFacts[];
  readonly candles: number;
  /** When the last candle closes. */
  readonly until: EpochMs;
}

/**
 * The candles of an object of the lake's candles table. Each is older than whatever the exchange shows from
 * now on (`observed` is 0), so history replaces it. Prices and volumes are the shortest decimals of the
 * file's doubles. Throws BadDataError for a file that is not whole: foreign columns, rows out of order, or a
 * row that is no candle of the interval and day that the path names.
 */
export async function readLakeCandles(
  decode: DecodeTable,
  path: string,
  bytes: Uint8Array,
): Promise<LakeCandles> {
  const place = parseCandlesPath(path);
  if (place === null) throw new BadDataError(`object "${path}": expected one of the candles table`);
  const decoded = await decode(bytes);
  const fault = findTableFault(decoded, 'candles');
  if (fault) throw new BadDataError(`object "${path}": ${fault.detail}`);
  const bySeries = new Map<string, { readonly series: Series; readonly candles: Candle[] }>();
  for (let row = 0; row < decoded.length; row++) {
    const symbol = String(decoded.columns.symbol![row]);
    const candle = isSymbol(symbol) ? candleOf(decoded, row, place) : 'its symbol is not one of the exchange';
    if (typeof candle === 'string') throw new BadDataError(`object "${path}" row ${row + 1}: ${candle}`);
    const market = MARKETS.find((one) => one === decoded.columns.market![row])!;
    const series = { market, symbol, interval: place.interval };
    const known = bySeries.get(seriesKey(series));
    if (known) known.candles.push(candle);
    else bySeries.set(seriesKey(series), { series, candles: [candle] });
  }
  const facts = [...bySeries.values()];
  const last = Math.max(0, ...facts.flatMap(({ candles }) => candles.at(-1)!.openTime));
  return { facts, candles: decoded.length, until: last + intervalMs(place.interval) };
}

/** The candle of a row, or what is wrong with it. */
function candleOf({ columns }: DecodedTable, row: number, { interval, day }: CandlesPlace): Candle | string {
  const text = (name: string) => String(columns[name]![row]);
  const openTime = Number(columns.open_time![row]);
  const lengthMs = intervalMs(interval);
  const isOfDay = startOfDay(openTime) === day && openTime % lengthMs === 0;
  if (!MARKETS.some((market) => market === text('market')))
    return `market "${text('market')}", expected ${MARKETS.join(' or ')}`;
  if (!isOfDay || Number(columns.close_time![row]) !== openTime + lengthMs) {
    return `its times are not those of a ${interval} candle of the day in the path`;
  }
  const values = checkCandleValues({
    open: text('open'),
    high: text('high'),
    low: text('low'),
    close: text('close'),
    volume: text('volume'),
  });
  if (typeof values === 'string') return values;
  const kind = KINDS[`${text('status')} ${text('source')}`];
  return kind ? { openTime, ...values, ...kind, observed: 0 } : 'its status and source are unknown';
}

interface CandleKind {
  readonly status: CandleStatus;
  readonly source: CandleSource;
}

/** The lake shows imported candles as final. */
const KINDS: Readonly<Record<string, CandleKind>> = {
  'final history': { status: 'final', source: 'history' },
  'final stream': { status: 'final', source: 'stream' },
  'final import': { status: 'imported', source: 'import' },
  'provisional history': { status: 'provisional', source: 'history' },
  'provisional stream': { status: 'provisional', source: 'stream' },
};
