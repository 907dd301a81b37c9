import type { Candle, CandleValues, Series } from '../candle/candle.ts';
import { isIrregular } from '../candle/candleCheck.ts';
import type { EpochMs } from '../time/time.ts';
import { type MergedSlot, planMerge, type RecordPlan } from './mergePlan.ts';
import type { SeriesRecord } from './seriesRecord.ts';

/** What a part of an import wrote. */
export interface MergedPart {
  /** How many slots. */
  readonly slots: number;
  /** How many of them the lake shows differently afterwards. */
  readonly changed: number;
  /** Those of them with an irregular candle. */
  readonly irregular: readonly MergedSlot[];
}

/** The candle that a checked row of a file becomes. */
export function importedCandle(
  { openTime, open, high, low, close, volume }: CandleValues & Pick<Candle, 'openTime'>,
  observed: EpochMs,
): Candle {
  return { openTime, open, high, low, close, volume, status: 'imported', source: 'import', observed };
}

/** The merged slots of a part. */
export function mergedPart(slots: readonly MergedSlot[]): MergedPart {
  const changed = slots.filter(({ visible }) => visible).length;
  const irregular = slots.filter(({ after: { candle } }) => candle !== null && isIrregular(candle));
  return { slots: slots.length, changed, irregular };
}

export interface EmptyDays {
  readonly series: Series;
  /** The first new candle of each day. */
  readonly firsts: readonly Candle[];
  /** The stored record; null when the series is unknown. */
  readonly record: SeriesRecord | null;
  /** The watermark. */
  readonly asOf: EpochMs;
}

/**
 * Plans new candles of days of which the store holds nothing, all with one `observed`. Each is written and
 * shown, so the record and the stale days are those of the first candle of each day.
 */
export function planEmptyDays({ series, firsts, record, asOf }: EmptyDays): RecordPlan {
  return planMerge({ facts: [{ series, candles: firsts }], record, stored: () => undefined, asOf });
}
