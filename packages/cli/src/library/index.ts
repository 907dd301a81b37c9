/** The library of the package: reading a lake, and following one that it keeps. */
export {
  BadDataError,
  type BarRow,
  type CandleRow,
  ConfigError,
  ConflictError,
  type CoverageAnswer,
  type CoverageRun,
  type CrossoverNotice,
  type EpochMs,
  type Interval,
  type LiveBar,
  type LiveReset,
  type LiveRevision,
  type LiveStale,
  type Market,
  type ReplayEvent,
  type ReportedEvent,
  RequestError,
  RetryableError,
  type StatusAnswer,
  type StreamCandle,
  type StreamEvent,
  type StreamEvents,
  type StreamSlots,
  type SymbolRow,
  type SymbolsAnswer,
} from '@candlelake/core';
export { StoreDamagedError } from '../adapters/sqliteErrors.ts';
export {
  type BarsQuery,
  type Lake,
  type LakeOptions,
  openLake,
  type ReplayQuery,
  type RowsQuery,
  type SlotsQuery,
} from './openLake.ts';
export { stream } from './stream.ts';
export type { StreamOptions } from './streamOptions.ts';
