import {
  type CandleStore,
  DAY_MS,
  EMPTY_DAY,
  type EpochMs,
  factsBySeries,
  gatherEvidence,
  type ImportStore,
  type MergedSlot,
  type MergeInput,
  type MergePlan,
  planDescription,
  planMerge,
  type Series,
  type SlotFacts,
  spansToRead,
} from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';
import type { SqliteLake } from './sqliteLake.ts';
import type { SqliteSeries } from './sqliteSeries.ts';
import { createSqliteSlots, type SqliteSlots } from './sqliteSlots.ts';

/** The tables that the candle and the derivation side of the store share. */
export interface SharedTables {
  readonly connection: SqliteConnection;
  readonly series: SqliteSeries;
  readonly lake: SqliteLake;
}

type Tables = SharedTables & { readonly slots: SqliteSlots };

export interface SqliteCandles extends CandleStore, ImportStore {
  /** Open time of the newest candle of a series; null without one. */
  newestCandle(series: Series): Promise<EpochMs | null>;
}

/** The candle side of the SQLite store. `now` is the process clock. */
export function createSqliteCandles(shared: SharedTables, now: () => EpochMs): SqliteCandles {
  const { connection, series, lake } = shared;
  const tables = { ...shared, slots: createSqliteSlots(connection.database) };
  return {
    listSeries: () => connection.read(() => series.all()),
    findSeries: (wanted) => connection.read(() => series.find(wanted)?.record ?? null),
    describeSeries: (named, facts) =>
      connection.write(() => {
        const stored = series.find(named);
        const { record, days } = planDescription(named, stored?.record ?? null, facts, lake.asOf());
        if (record !== null) series.write(record);
        lake.mark(days);
      }),
    merge: (facts) => connection.write(() => mergeFacts(tables, facts, now())),
    mergeAll: (batches, between) =>
      connection.writeLong(async () => {
        for (const facts of batches) await between(mergeFacts(tables, facts, now()));
      }),
    readDay: (named, day) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.read(stored.id, day, day + DAY_MS - 1) : EMPTY_DAY;
      }),
    newestCandle: (named) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.newest(stored.id) : null;
      }),
    revisions: (named) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.revisions(stored) : [];
      }),
  };
}

/** Writes facts within the caller's transaction; `at` is the process clock. */
function mergeFacts(tables: Tables, facts: readonly SlotFacts[], at: EpochMs): readonly MergedSlot[] {
  const { lake } = tables;
  const times = { at, asOf: lake.asOf() };
  const plans = factsBySeries(facts).map((ofSeries) => mergeSeries(tables, ofSeries, times));
  lake.mark(new Set(plans.flatMap(({ days }) => [...days])));
  return plans.flatMap(({ slots }) => slots);
}

interface MergeTimes {
  /** The process clock. */
  readonly at: EpochMs;
  /** The watermark. */
  readonly asOf: EpochMs;
}

/** Plans the merge of one series and writes all but the marks. */
function mergeSeries(tables: Tables, facts: readonly SlotFacts[], times: MergeTimes): MergePlan {
  const { series, slots } = tables;
  const { at, asOf } = times;
  const known = series.find(facts[0]!.series);
  const stored = known ? readOnDemand(slots, known.id, facts) : () => undefined;
  const plan = planMerge({ facts, record: known?.record ?? null, stored, asOf });
  const id = plan.record ? series.write(plan.record) : known!.id;
  for (const slot of plan.slots) slots.write(id, slot, at);
  return plan;
}

/**
 * Returns a function that reads the stored slots of a day, as far as `facts` name them. The plan calls it day
 * by day, so that an import holds only one day in memory.
 */
function readOnDemand(slots: SqliteSlots, id: number, facts: readonly SlotFacts[]): MergeInput['stored'] {
  const spans = new Map(spansToRead(facts).map((span) => [span.day, span]));
  return (day) => {
    const { first, last } = spans.get(day)!;
    return gatherEvidence([slots.read(id, first, last)]);
  };
}
