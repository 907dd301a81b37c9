import type { CandleUpdate, Market } from '../domain/candle/candle.ts';
import type { CandleStore, DerivationStore, SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type KeptSymbols, listSymbols } from './listSymbols.ts';
import { type ApiPorts, readClosedUntil } from './ports.ts';
import {
  type Parameters,
  RequestError,
  readLimit,
  readParameters,
  readSeries,
  readTimeframe,
  readWindow,
} from './query.ts';
import { readBars, readCandles } from './readBars.ts';
import { readCoverage } from './readCoverage.ts';

/** A request for one of the answers that are read from lake and store. */
export interface ApiRequest {
  readonly route: 'bars' | 'candles' | 'coverage' | 'symbols';
  readonly parameters: Parameters;
  /** The last update of each symbol's open candle, as far as one has arrived. */
  readonly update: CandleUpdate | null;
  readonly kept: KeptSymbols;
}

/** The body of the answer as plain JSON. Throws RequestError for a wrong request. */
export async function answerRequest(ports: ApiPorts, request: ApiRequest): Promise<unknown> {
  const { settings, series } = await readLake(ports);
  const { route, update, kept } = request;
  if (route === 'symbols') {
    readParameters(request.parameters, []);
    return listSymbols(ports, series, { settings, kept });
  }
  const values = readParameters(request.parameters, PARAMETERS[route]);
  const record = readSeries(values, series);
  const timeframeMinutes = readTimeframe(values, settings);
  const window = readWindow(values);
  const query = { ...window, limit: readLimit(values), symbols: series.length };
  const closedUntil = await readClosedUntil(ports, record, update);
  if (route === 'coverage') return readCoverage(ports, { record, closedUntil }, window);
  if (route === 'candles') return readCandles(ports, { record, closedUntil }, query);
  return readBars(ports, { record, settings, timeframeMinutes, closedUntil, update }, query);
}

const PARAMETERS = {
  bars: ['symbol', 'timeframe', 'from', 'to', 'limit'],
  candles: ['symbol', 'from', 'to', 'limit'],
  coverage: ['symbol', 'from', 'to'],
};

export interface LakePorts {
  /** The series of other markets are not shown. */
  readonly market: Market;
  readonly derivation: Pick<DerivationStore, 'readSettings'>;
  readonly candles: Pick<CandleStore, 'listSeries'>;
}

/** What the lake holds of the market: its settings and the series of its interval. */
export async function readLake({ market, derivation, candles }: LakePorts): Promise<{
  readonly settings: LakeSettings;
  readonly series: readonly SeriesRecord[];
}> {
  const settings = await derivation.readSettings();
  if (settings === null) throw new RequestError(503, 'the store has no settings yet, expected some soon');
  const series = await candles.listSeries();
  return {
    settings,
    series: series.filter((one) => one.market === market && one.interval === settings.interval),
  };
}
