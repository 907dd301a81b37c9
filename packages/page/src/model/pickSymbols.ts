import type { SymbolRow } from '@candlelake/core';

/**
 * The symbols that fit what was typed, the best first: those that begin with it, those that contain it, those
 * that contain its letters in this order (`btu` finds `BTC-USDT`). Case and hyphens do not count.
 */
export function pickSymbols(symbols: readonly SymbolRow[], typed: string): readonly SymbolRow[] {
  const wanted = plain(typed);
  if (wanted === '') return symbols;
  const ranked = symbols.flatMap((info) => {
    const rank = rankOf(plain(info.symbol), wanted);
    return rank === null ? [] : [{ info, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank || compare(a.info, b.info)).map(({ info }) => info);
}

function rankOf(symbol: string, wanted: string): number | null {
  if (symbol.startsWith(wanted)) return 0;
  if (symbol.includes(wanted)) return 1;
  return isSubsequence(wanted, symbol) ? 2 : null;
}

function isSubsequence(wanted: string, symbol: string): boolean {
  let found = 0;
  for (const letter of symbol) if (letter === wanted[found]) found++;
  return found === wanted.length;
}

/** Short names first: `ETH-USDT` before `ETHFI-USDT`. */
function compare(a: SymbolRow, b: SymbolRow): number {
  return a.symbol.length - b.symbol.length || (a.symbol < b.symbol ? -1 : 1);
}

function plain(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}
