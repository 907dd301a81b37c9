import type { Interval } from '../domain/time/interval.ts';
import { ConfigError, RetryableError } from '../errors.ts';
import type { CandleStore, Clock, History, Random, Report } from '../ports.ts';
import { retryWaitMs } from '../waiting/retry.ts';

export interface DescribePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly history: History;
  readonly candles: CandleStore;
  readonly report: Report;
}

export interface DescribeOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Gives up after this many tries; for ever when left out. */
  readonly tries?: number;
}

/**
 * Makes the symbols known to the store with what their contracts say, and sets the exchange's clock; tries again until the exchange answers.
 * Throws ConfigError for a symbol that the exchange does not list, RetryableError after the last try.
 */
export async function describeSymbols(
  ports: DescribePorts,
  { symbols, interval, tries = Number.POSITIVE_INFINITY }: DescribeOptions,
  signal: AbortSignal,
): Promise<void> {
  const contracts = await reach(ports, tries, signal);
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
    await ports.candles.describeSeries({ market: 'swap', symbol, interval }, { launchTime, pricePrecision });
  }
}

async function reach(ports: DescribePorts, tries: number, signal: AbortSignal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ports.history.syncClock(signal);
      const contracts = await ports.history.contracts(signal);
      if (attempt > 1) ports.report({ level: 'info', kind: 'reachable', message: 'the exchange answers' });
      return contracts;
    } catch (error) {
      if (!(error instanceof RetryableError) || signal.aborted) throw error;
      if (attempt === 1) reportUnreachable(ports.report, error);
      if (attempt >= tries) throw error;
      await ports.clock.sleep(retryWaitMs(attempt, error, ports.random), signal);
    }
  }
}

function reportUnreachable(report: Report, error: RetryableError): void {
  const message = `the exchange can't be reached (${error.message}); trying again`;
  report({ level: 'error', kind: 'unreachable', message });
}
