import {
  BINGX_FALLBACK_URL,
  BINGX_REST_URL,
  type Clock,
  createHistory,
  createMarketStream,
  type History,
  type HttpGet,
  type MarketStream,
  type PaceStore,
  paceOf,
  type Report,
  SECOND_MS,
  type Settings,
  SyncedClock,
  type SyncedExchangeClock,
} from '@candlelake/core';
import { createHttpGet } from './http.ts';
import { inflate } from './inflate.ts';
import { createNetwork, type Network } from './network.ts';
import { createOpenSocket } from './socket.ts';

/**
 * Pings come every 5 s as recorded, every 30 s by another client's notes. Source: docs/bingx.md, "WebSocket".
 */
const SILENCE_LIMIT_MS = 40 * SECOND_MS;
/**
 * The least silence limit in real time: on a fast clock a busy machine is silent for more than 40 simulated
 * seconds.
 */
const LEAST_SILENCE_MS = 5 * SECOND_MS;

export interface HistoryOptions {
  readonly settings: Pick<Settings, 'market' | 'restUrl' | 'requestsPerSecond'>;
  readonly clock: Clock;
  readonly pace: PaceStore;
  /** A request that would wait longer throws PausedError. */
  readonly longestWaitMs?: number;
  readonly report: Report;
  readonly httpGet?: HttpGet;
  readonly network?: Network;
}

/** The exchange's REST side at the address of the settings, and its clock. */
export function connectHistory(options: HistoryOptions): Omit<Exchange, 'marketStream'> {
  const { settings, clock, pace, report, network = createNetwork() } = options;
  const { httpGet = createHttpGet({ network }) } = options;
  const { market, restUrl, requestsPerSecond } = settings;
  const exchangeClock = new SyncedClock({ clock, report });
  const history = createHistory({
    market,
    httpGet,
    clock,
    exchangeClock,
    random: Math.random,
    pace,
    ...paceOf(requestsPerSecond),
    longestWaitMs: options.longestWaitMs,
    restUrl,
    fallbackUrl: restUrl === BINGX_REST_URL ? BINGX_FALLBACK_URL : undefined,
    report,
  });
  return { history, exchangeClock };
}

export interface ExchangeOptions extends HistoryOptions {
  readonly settings: HistoryOptions['settings'] & Pick<Settings, 'wsUrl' | 'clock'>;
}

export interface Exchange {
  readonly history: History;
  readonly exchangeClock: SyncedExchangeClock;
  readonly marketStream: MarketStream;
}

/** The exchange, REST and WebSocket, at the addresses of the settings. No connection is opened yet. */
export function connectExchange(options: ExchangeOptions): Exchange {
  const { settings, clock, report, network = createNetwork() } = options;
  const { history, exchangeClock } = connectHistory({ ...options, network });
  const marketStream = createMarketStream({
    market: settings.market,
    openSocket: createOpenSocket({ network }),
    inflate,
    clock,
    exchangeClock,
    random: Math.random,
    wsUrl: settings.wsUrl,
    report,
    silenceLimitMs: Math.max(SILENCE_LIMIT_MS, LEAST_SILENCE_MS * (settings.clock?.speed ?? 1)),
  });
  return { history, exchangeClock, marketStream };
}
