import {
  type CandleValues,
  type Clock,
  type EpochMs,
  type History,
  type MarketStream,
  type Report,
  RetryableError,
  SymbolRefusedError,
} from '@candlelake/core';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createFakeMarket } from '../../support/fakeMarket.ts';
import type { Faults } from './simulatedStage.ts';

const MINUTE = 60_000;

export interface ExchangeOptions {
  readonly faults: Faults;
  readonly clock: Clock;
  /** From when on the faults hold, epoch ms. */
  readonly since: EpochMs;
  readonly symbols: readonly string[];
  readonly report: Report;
}

/** The exchange's REST API with faults. */
export function createFaultyHistory({ faults, clock, since, symbols, report }: ExchangeOptions): History {
  const of = (symbol: string) =>
    createFakeHistory({ now: clock.now, valuesAt: valuesOf(symbol, faults, since) });

  function answer(): void {
    if (clock.now() < since) return;
    if (faults.historyDown) throw new RetryableError('the line is down');
    if (!faults.limited || clock.now() % (5 * MINUTE) > MINUTE) return;
    // As the request budget of core reports it.
    report({ level: 'warn', kind: 'rate-limited', message: 'code 100410' });
    throw new RetryableError('code 100410', { retryAfterMs: MINUTE });
  }

  return {
    market: 'swap',
    async read(request, signal) {
      answer();
      const { symbol } = request.series;
      const refused = { [faults.paused ?? '']: 109415, [faults.delisted ?? '']: 109425 };
      const code = clock.now() >= since ? refused[symbol] : undefined;
      if (code !== undefined) throw new SymbolRefusedError(`code ${code}`, { code, certain: true });
      return of(request.series.symbol).read(request, signal);
    },
    async contracts() {
      answer();
      const isListed = (symbol: string) => symbol !== faults.delisted || clock.now() < since;
      return symbols.filter(isListed).map((symbol) => ({ symbol, pricePrecision: 1, launchTime: null }));
    },
    async syncClock() {
      answer();
    },
  };
}

/** The exchange's WebSocket with faults. */
export function createFaultyMarket({ faults, clock, since, symbols }: ExchangeOptions): MarketStream {
  return {
    async *events(_symbols, interval, signal) {
      const market = createFakeMarket({ clock, valuesAt: plainValues });
      for await (const event of market.events(symbols, interval, signal)) {
        const isWrong = clock.now() >= since;
        market.down = isWrong && faults.linkDown === true;
        const refused = faults.refused ?? faults.delisted;
        if (isWrong && refused) {
          market.silent.add(refused);
          yield { kind: 'rejected', symbol: refused, code: 80015, message: 'no such topic' };
        }
        const closed = faults.closed ?? faults.paused;
        if (isWrong && closed) market.silent.add(closed);
        yield event;
      }
    },
  };
}

function valuesOf(symbol: string, { closed }: Faults, since: EpochMs) {
  return (openTime: EpochMs): CandleValues | null =>
    symbol === closed && openTime >= since ? null : plainValues(openTime);
}
