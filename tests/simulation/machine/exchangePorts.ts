import {
  type CollectorPorts,
  createHistory,
  createMarketStream,
  DEFAULT_PACE_LIMITS,
  type PaceStore,
  SyncedClock,
} from '@candlelake/core';
import { inflate } from '../../../packages/node/src/inflate.ts';
import { createRest } from '../exchange/rest.ts';
import { createSockets } from '../exchange/sockets.ts';
import type { ProcessParts } from './host.ts';

const SILENCE_LIMIT_MS = 40_000;

type ExchangePorts = Pick<
  CollectorPorts,
  'clock' | 'exchangeClock' | 'random' | 'report' | 'yieldToHost' | 'history' | 'marketStream'
> & { readonly exchangeClock: SyncedClock };

export interface ConnectOptions extends Pick<ProcessParts, 'exchange' | 'clock' | 'report'> {
  readonly pace: PaceStore;
  readonly longestWaitMs?: number;
  /** Requests of one address share the limits of the exchange. */
  readonly address: string;
}

/** The ports of a process towards the simulated exchange. */
export function connectExchange(options: ConnectOptions): ExchangePorts {
  const { exchange, clock, report, pace, longestWaitMs, address } = options;
  const exchangeClock = new SyncedClock({ clock, report });
  const shared = { clock, exchangeClock, random: exchange.random, report };
  return {
    ...shared,
    yieldToHost: async () => {},
    history: createHistory({
      market: 'swap',
      ...shared,
      httpGet: createRest(exchange, { clock, address }),
      ...{ pace, longestWaitMs, limits: DEFAULT_PACE_LIMITS },
      restUrl: 'http://exchange.test',
    }),
    marketStream: createMarketStream({
      market: 'swap',
      ...shared,
      openSocket: createSockets(exchange, clock),
      inflate,
      wsUrl: 'ws://exchange.test',
      silenceLimitMs: SILENCE_LIMIT_MS,
    }),
  };
}
