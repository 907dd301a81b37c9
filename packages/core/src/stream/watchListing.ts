import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import type { Interval } from '../domain/time/interval.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time/time.ts';
import { applyContracts, type UnlistedSymbol } from '../repair/listing.ts';
import type { RegisterPorts } from '../repair/registerSymbols.ts';
import type { Exceptions } from './exceptions.ts';

export interface WatchListingOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly exceptions: Exceptions;
  readonly onListing: (unlisted: readonly UnlistedSymbol[]) => void;
}

const TICK_MS = MINUTE_MS;
/**
 * Pauses between two looks at the contract list, which has 600 kB. Contracts were seen to leave it and to
 * come back within 26 minutes (docs/bingx.md, "Contracts and symbols").
 */
const PAUSES: BackoffLimits = { floorMs: MINUTE_MS, baseMs: 2 * MINUTE_MS, capMs: HOUR_MS };

/**
 * Reads the contract list again now and then while a symbol is not traded, until the signal aborts: it may be
 * delisted, launched or back in the list.
 */
export async function watchListing(
  ports: RegisterPorts,
  { symbols, interval, exceptions, onListing }: WatchListingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, exchangeClock, history, report } = ports;
  let looks = 0;
  // By the monotonic clock: a wall clock that is set back must not put the next look off.
  let dueAt: number | null = null;
  for (;;) {
    await clock.sleep(TICK_MS, signal);
    if (!symbols.some((symbol) => isUntraded(exceptions, symbol))) {
      looks = 0;
      dueAt = null;
      continue;
    }
    dueAt ??= clock.monotonic() + backoffMs(looks, PAUSES, random);
    if (clock.monotonic() < dueAt) continue;
    looks += 1;
    dueAt = null;
    const contracts = await history.contracts(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      report({ level: 'debug', kind: 'listing', message: `no contract list: ${error}` });
      return null;
    });
    if (contracts === null) continue;
    const now = exchangeClock.now();
    onListing(
      await applyContracts(ports, contracts, { market: history.market, symbols, interval, now, signal }),
    );
  }
}

/** Whether the contract list may tell more of a symbol; not if only its subscription is refused. */
function isUntraded(exceptions: Exceptions, symbol: string): boolean {
  const state = exceptions.of(symbol)?.state ?? 'rejected';
  return state !== 'rejected';
}
