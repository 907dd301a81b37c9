import type { MarketStreamEvent } from '../ports.ts';

/**
 * Of the events that wait for a slow reader only the newest update of a candle, and the newest heartbeat of a
 * connection, is kept. Last updates of older candles are kept; the order of connections and disconnections is
 * kept. Connection numbers are never reused, so no event passes a disconnection.
 */
export function marketEventKey(event: MarketStreamEvent): string | null {
  if (event.kind === 'update') return `${event.connection} ${event.update.openTime} ${event.update.symbol}`;
  return event.kind === 'heartbeat' ? `${event.connection}` : null;
}
