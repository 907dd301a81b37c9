import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import type { Clock } from '../ports.ts';

/** How long the fallback host serves before the main one is tried again. */
const FALLBACK_MS = 5 * MINUTE_MS;

export interface Hosts {
  /** Base URL for the next request. */
  current(): string;
  /** No answer came from `host`: network failure or time-out, never a business error. */
  failed(host: string): void;
}

/** Chooses between the main host and the fallback that the exchange names for network failures. Source: BingX "Base URLs". */
export function createHosts(main: string, fallback: string | undefined, clock: Clock): Hosts {
  let fallbackUntil: EpochMs = 0;
  return {
    current: () => (fallback !== undefined && clock.now() < fallbackUntil ? fallback : main),
    failed(host) {
      fallbackUntil = host === main ? clock.now() + FALLBACK_MS : 0;
    },
  };
}
