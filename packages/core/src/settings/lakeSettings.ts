import type { Periods } from '../domain/bars/indicators.ts';
import type { Interval } from '../domain/time/interval.ts';

/** What shapes the lake; recorded in the store. */
export interface LakeSettings {
  readonly schemaVersion: number;
  readonly interval: Interval;
  /** In minutes, ascending, without repeats. */
  readonly timeframes: readonly number[];
  readonly periods: Periods;
  /** Moving averages, crossovers and trend are written. */
  readonly writeMa: boolean;
  readonly writeAtr: boolean;
  /** Short bars are left out. */
  readonly skipPartial: boolean;
}
