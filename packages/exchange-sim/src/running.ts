import type { Counts } from './exchange.ts';
import type { Faults } from './faults.ts';
import type { Market } from './instrument.ts';

export interface RunningExchange {
  readonly restUrl: string;
  readonly wsUrl: string;
  /** The address of spot's stream. */
  readonly spotWsUrl: string;
  readonly market: Market;
  readonly spot: Market;
  /** The faults as they were set; those of a current phase are not merged into them. */
  readonly faults: Faults;
  /** Replaces the faults named, at once. */
  setFaults(faults: Partial<Faults>): void;
  stats(): ExchangeStats;
  /**
   * Ends all connections or the oldest one, with close code 1000 or without a close frame. Returns how many.
   */
  disconnect(which: 'all' | 'one', how: 'clean' | 'abrupt'): number;
  /** Sends a frame as it is to every connection. */
  broadcast(frame: Buffer | string): void;
  close(): Promise<void>;
}

export interface ExchangeStats extends Readonly<Counts> {
  readonly openConnections: number;
  /** How far the pushes are behind the clock. */
  readonly lagMs: number;
}
