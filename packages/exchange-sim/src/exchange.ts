import type { Clock } from '@candlelake/core';
import type { Faults } from './faults.ts';
import type { GzipMode } from './frames.ts';
import type { Market } from './instrument.ts';
import type { Schedule } from './schedule.ts';

/** What a running exchange is made of; its parts share it. */
export interface Exchange {
  readonly market: Market;
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly gzip: GzipMode;
  readonly limits: SocketLimits;
  readonly counts: Counts;
  /** The faults of this moment. */
  faults: Faults;
  /** In [0, 1): decides which request or frame a fault with a share hits. Seeded, so that a run can be repeated. */
  readonly random: () => number;
}

export interface SocketLimits {
  readonly pingMs: number;
  /** A client that left this many pings in a row without `Pong` is cut. */
  readonly missedPongs: number;
  readonly connections: number;
  readonly topics: number;
}

/** Pings come every 5.0 s (recorded); 200 topics and 60 connections are documented; the pongs are our guess, a generous one (dossier 2). */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  pingMs: 5000,
  missedPongs: 12,
  connections: 60,
  topics: 200,
};

/** Counters since the start. */
export interface Counts {
  requests: number;
  /** Requests refused by the rate limit. */
  limited: number;
  connections: number;
  refusedConnections: number;
  subscriptions: number;
  rejectedSubscriptions: number;
  candleFramesSent: number;
  framesSent: number;
  bytesSent: number;
  pongs: number;
}

export function createCounts(): Counts {
  return {
    requests: 0,
    limited: 0,
    connections: 0,
    refusedConnections: 0,
    subscriptions: 0,
    rejectedSubscriptions: 0,
    candleFramesSent: 0,
    framesSent: 0,
    bytesSent: 0,
    pongs: 0,
  };
}
