import type { EpochMs } from '../domain/time/time.ts';
import type { ScopeSchedule } from '../repair/schedule.ts';

/** What stream and history show of the markets, for both loops. */
export interface Markets {
  /** When the newest candle closes that the stream has shown, by symbol. */
  readonly streamedUntil: ReadonlyMap<string, EpochMs>;
  streamed(symbol: string, closeTime: EpochMs): void;
  /** Notes a pass over the live slots of a symbol. */
  passed(schedule: ScopeSchedule): void;
}

/** `onOpen` is called when a closed market shows a candle, in the stream or in history. */
export function createMarkets(onOpen: (symbol: string) => void): Markets {
  const streamedUntil = new Map<string, EpochMs>();
  const closed = new Set<string>();
  return {
    streamedUntil,
    streamed(symbol, closeTime) {
      streamedUntil.set(symbol, closeTime);
      if (closed.delete(symbol)) onOpen(symbol);
    },
    passed({ scope, isClosed }) {
      const { symbol } = scope.series;
      if (isClosed) closed.add(symbol);
      else if (closed.delete(symbol)) onOpen(symbol);
    },
  };
}
