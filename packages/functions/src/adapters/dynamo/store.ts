import {
  type CandleStore,
  createMemoryPace,
  type DerivationStore,
  type EpochMs,
  HOUR_MS,
  MINUTE_MS,
  type NoticeStore,
  type PaceStore,
  SECOND_MS,
} from '@candlelake/core';
import { cacheSeries } from './cachedSeries.ts';
import { cacheSlots } from './cachedSlots.ts';
import { createDynamoCandles } from './candles.ts';
import { createDynamoDerivation } from './derivation.ts';
import { createDynamoDerived } from './derived.ts';
import { createDynamoLake } from './lake.ts';
import { createDynamoMarks } from './marks.ts';
import { createDynamoNotices } from './notices.ts';
import { createDynamoPace } from './pace.ts';
import { createDynamoSeries } from './series.ts';
import { createDynamoSlots } from './slots.ts';
import type { DynamoTable } from './table.ts';

export type DynamoStore = CandleStore & DerivationStore & NoticeStore & PaceStore;

export interface DynamoStoreOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** Real time, for the deadlines of writers. */
  readonly realNow?: () => EpochMs;
}

const RECORD_LIFE_MS = 10 * MINUTE_MS;
const DAY_LIFE_MS = 6 * HOUR_MS;
const MARK_HOLD_MS = 60 * SECOND_MS;

/**
 * The store of candles, derivation, notices and pace in one DynamoDB table, shared by any number of
 * processes.
 */
export function createDynamoStore(
  table: DynamoTable,
  { now, realNow = Date.now }: DynamoStoreOptions,
): DynamoStore {
  const lake = createDynamoLake(table);
  const parts = {
    lake,
    marks: createDynamoMarks(table, { realNow }),
    series: createDynamoSeries(table),
    slots: createDynamoSlots(table, now),
    derived: createDynamoDerived(table, lake.epoch),
    notices: createDynamoNotices(table, now),
  };
  const { recentNotices, openOutbox } = parts.notices;
  return {
    recentNotices,
    openOutbox,
    ...createDynamoCandles(parts),
    ...createDynamoDerivation(parts),
    ...createDynamoPace(table),
  };
}

/**
 * The same store for the stream, which writes all the time and derives nothing: records and recent days are
 * cached. The request pace is kept in memory, because the exchange counts requests by network address and
 * each task has its own.
 */
export function createStreamStore(
  table: DynamoTable,
  { now, realNow = Date.now }: DynamoStoreOptions,
): DynamoStore {
  const lake = createDynamoLake(table);
  const series = createDynamoSeries(table);
  const marks = createDynamoMarks(table, { realNow, holdMs: MARK_HOLD_MS });
  const derived = createDynamoDerived(table, lake.epoch);
  const notices = createDynamoNotices(table, now);
  const candles = createDynamoCandles({
    lake,
    marks,
    series: cacheSeries(series, { now, keepMs: RECORD_LIFE_MS }),
    slots: cacheSlots(createDynamoSlots(table, now), { now, keepMs: DAY_LIFE_MS }),
  });
  return {
    recentNotices: notices.recentNotices,
    openOutbox: notices.openOutbox,
    ...candles,
    ...createDynamoDerivation({ lake, marks, series, derived, notices }),
    ...createMemoryPace(),
  };
}
