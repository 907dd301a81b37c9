import { intervalMs } from '../domain/time/interval.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import type { SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import type { SymbolException } from '../stream/exceptions.ts';
import type { ApiPorts } from './ports.ts';
import type { SymbolRow, SymbolsAnswer } from './shapes.ts';

/** The symbols that this run keeps, by name; null where nothing is wrong. */
export type KeptSymbols = Readonly<Record<string, SymbolException | null>>;

/** The symbols of the store and of this run. */
export async function listSymbols(
  { newestCandle }: Pick<ApiPorts, 'newestCandle'>,
  series: readonly SeriesRecord[],
  { settings, kept }: { readonly settings: LakeSettings; readonly kept: KeptSymbols },
): Promise<SymbolsAnswer> {
  const { interval, periods, timeframes, writeMa, writeAtr } = settings;
  const symbols: SymbolRow[] = [];
  for (const { market, symbol, pricePrecision, firstSlot } of series) {
    const newest = await newestCandle({ market, symbol, interval });
    symbols.push({
      ...{ symbol, market, price_precision: pricePrecision },
      ...stateOf(kept[symbol]),
      first: firstSlot,
      last: newest === null ? null : newest + intervalMs(interval),
    });
  }
  symbols.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  return {
    symbols,
    timeframes: timeframes.map(formatTimeframe),
    interval,
    ma_short: writeMa ? periods.maShort : null,
    ma_long: writeMa ? periods.maLong : null,
    atr_period: writeAtr ? periods.atr : null,
  };
}

function stateOf(exception: SymbolException | null | undefined): Pick<SymbolRow, 'state' | 'reason'> {
  if (exception === undefined) return { state: 'stored', reason: null };
  return exception ?? { state: 'live', reason: null };
}
