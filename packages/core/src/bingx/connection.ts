import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import { MINUTE_MS } from '../domain/time/time.ts';
import type { Random } from '../ports.ts';
import { type LinkEnd, type LinkOptions, runLink } from './link.ts';

/** A link that lived this long was healthy: the next wait is a short one again. */
const HEALTHY_MS = MINUTE_MS;

/** The exchange bans addresses that connect too often. The floor keeps even a lucky draw from a hot loop. */
const RECONNECT: BackoffLimits = { floorMs: 250, baseMs: 1_000, capMs: MINUTE_MS };

/** A handshake refused with 403 (too many connections, or the region), 418 or 429 is a ban of about 5 minutes by the exchange's FAQ. */
const REFUSED: BackoffLimits = { floorMs: 5 * MINUTE_MS, baseMs: 6 * MINUTE_MS, capMs: 6 * MINUTE_MS };
const REFUSAL = /\b(403|418|429)\b/;

export interface ConnectionOptions extends Omit<LinkOptions, 'connection'> {
  readonly random: Random;
  /** Gives each socket its number. */
  readonly nextNumber: () => number;
}

/**
 * Keeps one set of symbols connected until the signal aborts: opens a socket, and another one after a random wait when it ends, however it ended. Resolves
 * when the signal aborts, or rejects with its reason.
 */
export async function keepConnected(options: ConnectionOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const connection = options.nextNumber();
    const end = await runLink({ ...options, connection }, signal);
    if (signal.aborted) return;
    if (end.aliveMs >= HEALTHY_MS) failures = 0;
    const retryInMs = waitMs(end, failures, options.random);
    const { emit, symbols, clock } = options;
    emit({ kind: 'disconnected', connection, symbols, reason: end.reason, retryInMs });
    await clock.sleep(retryInMs, signal);
  }
}

function waitMs({ opened, reason }: LinkEnd, failures: number, random: Random): number {
  return backoffMs(failures, !opened && REFUSAL.test(reason) ? REFUSED : RECONNECT, random);
}
