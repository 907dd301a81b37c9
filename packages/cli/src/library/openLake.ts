import {
  type ApiRequest,
  answerRequest,
  type BarRow,
  type BarsAnswer,
  type CandleRow,
  type CandlesAnswer,
  ConfigError,
  type CoverageAnswer,
  type EpochMs,
  formatInstant,
  type Market,
  type Parameters,
  parseSettings,
  type ReplayEvent,
  type ReplayOptions,
  replay,
  type SymbolsAnswer,
} from '@candlelake/core';
import { createFileObjects } from '../adapters/fileObjects.ts';
import { decodeParquet } from '../adapters/parquetFile.ts';
import { lakeRoot, openStoreForReading } from '../wire.ts';
import { namedSettings } from './namedSettings.ts';

/** A stretch of one symbol: slots that open in [from, to). Times are epoch ms or UTC texts. */
export interface SlotsQuery {
  readonly symbol: string;
  /** Without it: from the first slot on. */
  readonly from?: EpochMs | string;
  /** Without it: up to the newest closed slot. */
  readonly to?: EpochMs | string;
}

export interface RowsQuery extends SlotsQuery {
  /** Only the newest rows of the stretch, this many. Without it all of them, which all are in memory then. */
  readonly limit?: number;
}

export interface BarsQuery extends RowsQuery {
  /** `21m`. Without it the first timeframe of the lake. */
  readonly timeframe?: string;
}

/**
 * An output folder that is open for reading, also while another process keeps it. What is read is the present
 * state. The methods throw RequestError for a symbol or a timeframe that the lake does not have.
 */
export interface Lake {
  /** The symbols, the timeframes and the periods of the indicators. */
  symbols(): Promise<SymbolsAnswer>;
  /** Closed bars with their indicators, oldest first. */
  bars(query: BarsQuery): Promise<readonly BarRow[]>;
  /** Closed candles, oldest first. */
  candles(query: RowsQuery): Promise<readonly CandleRow[]>;
  /** Which slots are not final. */
  coverage(query: SlotsQuery): Promise<CoverageAnswer>;
  /**
   * The stored candles as the events of a live stream, in time order: a bot that reads them runs on the past.
   * Throws ConfigError for a symbol or timeframe that the lake does not have, and for a wrong time.
   */
  replay(query?: ReplayQuery): AsyncIterable<ReplayEvent>;
  close(): void;
}

/** What is replayed; without it all that the lake holds. Times as in {@link SlotsQuery}. */
export interface ReplayQuery {
  readonly symbols?: readonly string[];
  /** `['21m']`. */
  readonly timeframes?: readonly string[];
  readonly from?: EpochMs | string;
  readonly to?: EpochMs | string;
}

export interface LakeOptions {
  /** The market whose symbols are read; the folder may hold both. Default: swap. */
  readonly market?: Market;
}

/**
 * Opens the output folder of a stream. Throws ConfigError when it holds no store, and StoreDamagedError for a
 * damaged one.
 */
export function openLake(folder: string, { market = 'swap' }: LakeOptions = {}): Lake {
  const store = openStoreForReading(folder);
  if (store === null)
    throw new ConfigError(`"${folder}": no lake in it, expected the output folder of a stream`);
  const ports = {
    market,
    candles: store,
    derivation: store,
    newestCandle: store.newestCandle,
    objects: createFileObjects(lakeRoot(folder)),
    decode: decodeParquet,
  };
  const answer = (route: ApiRequest['route'], query: object) =>
    answerRequest(ports, { route, parameters: parametersOf(query), update: null, kept: {} });
  return {
    symbols: () => answer('symbols', {}) as Promise<SymbolsAnswer>,
    bars: (query) =>
      readPages(query, async (page) => {
        const { bars, next } = (await answer('bars', page)) as BarsAnswer;
        return { rows: bars.filter(({ is_open }) => !is_open), next };
      }),
    candles: (query) =>
      readPages(query, async (page) => {
        const { candles, next } = (await answer('candles', page)) as CandlesAnswer;
        return { rows: candles, next };
      }),
    coverage: (query) => answer('coverage', query) as Promise<CoverageAnswer>,
    replay: (query = {}) => replay(ports, { ...replayOptions(query), market }),
    close: () => store.close(),
  };
}

/** The options of a replay, checked like the flags of `candlelake replay`. */
function replayOptions(query: ReplayQuery): ReplayOptions {
  const given = Object.entries(query).map(([name, value]) => [
    name,
    typeof value === 'number' ? formatInstant(value) : value,
  ]);
  const content = namedSettings(Object.fromEntries(given));
  const { symbols, timeframes, from, to } = parseSettings({ file: { path: 'the query of replay', content } });
  return {
    symbols: query.symbols ? symbols : null,
    timeframes: query.timeframes ? timeframes : null,
    ...{ from, to },
  };
}

/** The most rows of one answer. */
const PAGE_ROWS = 5_000;

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: EpochMs | null;
}

/** Reads the newest `limit` rows of a stretch, page by page from its end. */
async function readPages<Query extends RowsQuery, Row>(
  query: Query,
  read: (page: Query) => Promise<Page<Row>>,
): Promise<readonly Row[]> {
  const pages: (readonly Row[])[] = [];
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let page = query;
  for (;;) {
    const { rows, next } = await read({ ...page, limit: Math.min(left, PAGE_ROWS) });
    pages.push(rows);
    left -= rows.length;
    if (next === null || left === 0) return pages.reverse().flat();
    page = { ...page, to: next };
  }
}

/** A query as the parameters of the HTTP API, which checks them. */
function parametersOf(query: object): Parameters {
  return Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
}
