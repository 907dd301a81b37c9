import { swapSeries } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import { ConfigError } from '../errors.ts';
import type { CandleStore, Clock, Contract, History, Random, Report } from '../ports.ts';
import { retry } from '../waiting/retry.ts';

export interface RegisterPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly history: History;
  readonly candles: CandleStore;
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
 * symbol. Tries again until the exchange answers. Throws ConfigError for a symbol that the exchange does not
 * list, RetryableError after the last try.
 */
export async function registerSymbols(
  ports: RegisterPorts,
  { symbols, interval, tries }: RegisterOptions,
  signal: AbortSignal,
): Promise<void> {
  const contracts = await readContracts(ports, tries, signal);
  const bySymbol = new Map(contracts.map((contract) => [contract.symbol, contract]));
  const unknown = symbols.filter((symbol) => !bySymbol.has(symbol));
  if (unknown.length > 0) {
    const names = unknown.map((symbol) => `"${symbol}"`).join(', ');
    throw new ConfigError(
      `unknown symbol ${names}: expected a perpetual swap that the exchange lists, as BTC-USDT`,
    );
  }
  for (const symbol of symbols) {
    const { launchTime = null, pricePrecision = null } = bySymbol.get(symbol) ?? {};
    await ports.candles.describeSeries(swapSeries(symbol, interval), { launchTime, pricePrecision });
  }
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
