/** With more symbols than this a line becomes too long to read. */
const MAX_NAMED_SYMBOLS = 5;

/** The symbols by name, or their number when there are many. */
export function formatSymbols(symbols: readonly string[]): string {
  return symbols.length > MAX_NAMED_SYMBOLS ? `${symbols.length} symbols` : symbols.join(', ');
}
