import type { BarColumns } from '../domain/bars/bars.ts';
import type { IndicatorColumns } from '../domain/bars/indicators.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { SeriesRecord } from './store.ts';

/** The bars of one series, timeframe and day, as just derived. */
export interface DerivedBars {
  readonly series: SeriesRecord;
  readonly timeframeMinutes: number;
  readonly day: EpochMs;
  readonly bars: BarColumns;
  readonly indicators: IndicatorColumns;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * One event, for the terminal, the log and the metrics. `kind` is a stable name, `fields` are plain JSON.
 */
export interface ReportedEvent {
  readonly level: LogLevel;
  readonly kind: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
}

export type Report = (event: ReportedEvent) => void;
