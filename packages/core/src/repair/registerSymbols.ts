import type { Interval } from '../domain/time/interval.ts';
import { ConfigError } from '../errors.ts';
import type { Clock, Contract, ExchangeClock, History, Random, Report } from '../ports.ts';
import { retry } from '../waiting/retry.ts';
import { applyContracts, type ListingPorts, type UnlistedSymbol } from './listing.ts';

export interface RegisterPorts extends ListingPorts {
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly random: Random;
  readonly history: History;
  readonly report: Report;
}

export interface RegisterOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Failures in a row after which it gives up; never when left out. */
  readonly tries?: number;
}

/**
 * Measures the exchange's clock, reads the contracts, and stores launch time and price precision of each
 * symbol. Tries again until the exchange answers. Returns the symbols that are not traded now. Throws
 * ConfigError when neither the exchange nor the store knows any of the symbols, RetryableError after the last
 * try.
 */
export async function registerSymbols(
  ports: RegisterPorts,
  { symbols, interval, tries }: RegisterOptions,
  signal: AbortSignal,
): Promise<readonly UnlistedSymbol[]> {
  const contracts = await readContracts(ports, tries, signal);
  const now = ports.exchangeClock.now();
  const { market } = ports.history;
  const unlisted = await applyContracts(ports, contracts, { market, symbols, interval, now, signal });
  const unknown = unlisted.filter(({ state, isKnown }) => state === 'delisted' && !isKnown);
  if (symbols.length === 0 || unknown.length < symbols.length) return unlisted;
  throw new ConfigError(
    unknown.map(({ symbol, reason }) => `unknown symbol "${symbol}": ${reason}`).join('; '),
  );
}

/** The contracts, once the clock is set. Reports the first failure, and the answer after it. */
async function readContracts(
  { clock, random, history, report }: RegisterPorts,
  tries: number | undefined,
  signal: AbortSignal,
): Promise<readonly Contract[]> {
  let hasFailed = false;
  const contracts = await retry(
    async () => {
      await history.syncClock(signal);
      return history.contracts(signal);
    },
    {
      clock,
      random,
      tries,
      onFailure({ message }) {
        if (!hasFailed) {
          const text = `the exchange can't be reached (${message}); trying again`;
          report({ level: 'error', kind: 'unreachable', message: text });
        }
        hasFailed = true;
      },
    },
    signal,
  );
  if (hasFailed) report({ level: 'info', kind: 'reachable', message: 'the exchange answers' });
  return contracts;
}
