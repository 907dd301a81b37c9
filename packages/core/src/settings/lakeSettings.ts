import type { Periods } from '../domain/bars/indicators.ts';
import type { Interval } from '../domain/time/interval.ts';

/** The settings that determine the content of the lake. They are recorded in the store. */
export interface LakeSettings {
  readonly schemaVersion: number;
  readonly interval: Interval;
  /** In minutes, ascending, without repeats. */
  readonly timeframes: readonly number[];
  readonly periods: Periods;
  /** Whether moving averages, crossovers and trend are written. */
  readonly writeMa: boolean;
  readonly writeAtr: boolean;
  /** Whether bars with missing candles are left out. */
  readonly skipPartial: boolean;
}
