import { type IndicatorColumns, MA_CROSSES, TRENDS } from '@candlelake/core';
import type { LiteralIndicators } from './literalLaws.ts';

/** One row of the columns as the restatement writes it: words instead of codes, null instead of NaN. */
export function indicatorRow(columns: IndicatorColumns, row: number): LiteralIndicators {
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    maShort: known(columns.maShort[row]!),
    maLong: known(columns.maLong[row]!),
    maCross: columns.maCross[row] === 0 ? null : MA_CROSSES[columns.maCross[row]! - 1]!,
    trend: columns.trend[row] === 0 ? null : TRENDS[columns.trend[row]! - 1]!,
    tr: columns.tr[row]!,
    atr: known(columns.atr[row]!),
    atrPercent: known(columns.atrPercent[row]!),
  };
}
