import type { Market } from '@candlelake/core';

/** With more symbols than this a line becomes too long to read. */
const MAX_NAMED_SYMBOLS = 5;

/** The symbols by name, or their number when there are many; with the market unless it is swap. */
export function formatSymbols(symbols: readonly string[], market: Market): string {
  const names = symbols.length > MAX_NAMED_SYMBOLS ? `${symbols.length} symbols` : symbols.join(', ');
  return market === 'swap' ? names : `${names} (${market})`;
}
