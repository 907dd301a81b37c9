import type { Clock } from '@candlelake/core';
import type { Faults } from './faults.ts';
import type { GzipMode } from './frames.ts';
import type { Market } from './instrument.ts';
import type { Schedule } from './schedule.ts';

/** State that the REST and the stream side of a running stand-in share. */
export interface Exchange {
  readonly market: Market;
  /** The spot market. */
  readonly spot: Market;
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly gzip: GzipMode;
  readonly limits: SocketLimits;
  readonly counts: Counts;
  /** The faults in force now, phases included. */
  readonly faults: Faults;
  /**
   * In [0, 1): decides which requests and frames a fault with a share hits. Seeded, so that a run can be
   * repeated.
   */
  readonly random: () => number;
}

export interface SocketLimits {
  readonly pingMs: number;
  /** The connection is cut when this many pings in a row were not answered with `Pong`. */
  readonly missedPongs: number;
  readonly connections: number;
  readonly topics: number;
}

/**
 * The limits of docs/bingx.md, "WebSocket", except for the missed pongs. A client without pongs was cut after
 * 30.5 s; here it is cut after 65 s, since at 60 times the speed of real time 30 s would leave it half a
 * second.
 */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  pingMs: 5000,
  missedPongs: 12,
  connections: 60,
  topics: 200,
};

/** Counters since the start. */
export interface Counts {
  requests: number;
  /** Requests refused by the rate limit or a ban. */
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
