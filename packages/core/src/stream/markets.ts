import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import type { RequestPriority } from '../ports.ts';
import type { UnlistedSymbol } from '../repair/listing.ts';
import type { ScopeSchedule } from '../repair/schedule.ts';
import type { Exceptions } from './exceptions.ts';

/** Which symbols are traded, as stream, history and contract list show. */
export interface Markets {
  /** When the newest candle closes that the stream has shown, by symbol. */
  readonly streamedUntil: ReadonlyMap<string, EpochMs>;
  streamed(symbol: string, closeTime: EpochMs): void;
  /** Notes a pass over the live slots of a symbol. */
  passed(schedule: ScopeSchedule): void;
  /** Notes a pass over the history before the live slots. */
  pastPassed(schedule: ScopeSchedule): void;
  /**
   * Notes that history begins to refuse a symbol to a repair, or with null that it answers this repair again.
   * The symbol is refused while one of the repairs is.
   */
  refused(repair: RequestPriority, symbol: string, refusal: Error | null): void;
  /** Notes what the contract list says. */
  listed(unlisted: readonly UnlistedSymbol[]): void;
}

export interface MarketsOptions {
  readonly symbols: readonly string[];
  readonly exceptions: Exceptions;
  /** Called when a symbol is traded again. */
  readonly onOpen: (symbol: string) => void;
}

export function createMarkets({ symbols, exceptions, onOpen }: MarketsOptions): Markets {
  const streamedUntil = new Map<string, EpochMs>();
  const closed = new Set<string>();
  /** Symbols whose history before the live slots waits for the next candle. */
  const pastClosed = new Set<string>();
  const away = new Set<string>();
  /** Repairs that history refuses a symbol to, by symbol. */
  const refusedRepairs = new Map(symbols.map((symbol) => [symbol, new Set<RequestPriority>()]));

  function open(symbol: string): void {
    if (!closed.delete(symbol)) return;
    exceptions.set(symbol, 'closed', null);
    pastClosed.delete(symbol);
    onOpen(symbol);
  }

  return {
    streamedUntil,
    streamed(symbol, closeTime) {
      if (closeTime <= (streamedUntil.get(symbol) ?? 0)) return;
      streamedUntil.set(symbol, closeTime);
      open(symbol);
      // Right after a start history may answer nothing while the stream has not shown a candle yet.
      if (pastClosed.delete(symbol)) onOpen(symbol);
    },
    passed({ scope, isClosed, silentFrom }) {
      const { symbol } = scope.series;
      if (!isClosed) return open(symbol);
      closed.add(symbol);
      exceptions.set(symbol, 'closed', `no candle since ${formatInstant(silentFrom ?? 0)}`);
    },
    pastPassed({ scope, isClosed }) {
      if (isClosed) pastClosed.add(scope.series.symbol);
      else pastClosed.delete(scope.series.symbol);
    },
    refused(repair, symbol, refusal) {
      const repairs = refusedRepairs.get(symbol)!;
      if (refusal !== null) {
        repairs.add(repair);
        exceptions.set(symbol, 'refused', refusal.message);
        return;
      }
      repairs.delete(repair);
      if (repairs.size === 0) exceptions.set(symbol, 'refused', null);
      onOpen(symbol);
    },
    listed(unlisted) {
      for (const symbol of symbols) {
        const found = unlisted.find((one) => one.symbol === symbol);
        for (const state of ['delisted', 'unlaunched'] as const)
          exceptions.set(symbol, state, found?.state === state ? found.reason : null);
        if (found) away.add(symbol);
        else if (away.delete(symbol)) onOpen(symbol);
      }
    },
  };
}
