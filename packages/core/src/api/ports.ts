import type { CandleUpdate, Market, Series } from '../domain/candle/candle.ts';
import { intervalMs } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { CandleStore, DecodeTable, DerivationStore, ObjectStore, SeriesRecord } from '../ports.ts';

/** What the answers are read from. Nothing is written. */
export interface ApiPorts {
  /** The series of other markets are not shown. */
  readonly market: Market;
  readonly candles: Pick<CandleStore, 'listSeries' | 'readDay'>;
  readonly derivation: Pick<
    DerivationStore,
    'readSettings' | 'readAsOf' | 'readMark' | 'readCheckpoint' | 'readCoverage' | 'readObjects'
  >;
  /** Open time of the newest candle of a series; null without one. */
  readonly newestCandle: (series: Series) => Promise<EpochMs | null>;
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly decode: DecodeTable;
}

/** The end of the newest slot that has closed, as lake, store and stream show it. */
export async function readClosedUntil(
  { derivation, newestCandle }: Pick<ApiPorts, 'derivation' | 'newestCandle'>,
  { market, symbol, interval }: SeriesRecord,
  update: CandleUpdate | null,
): Promise<EpochMs> {
  const asOf = await derivation.readAsOf();
  const newest = await newestCandle({ market, symbol, interval });
  const stored = newest === null ? 0 : newest + intervalMs(interval);
  return Math.max(asOf, stored, update?.openTime ?? 0);
}
