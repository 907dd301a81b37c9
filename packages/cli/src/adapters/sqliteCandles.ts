import {
  type CandleStore,
  DAY_MS,
  type EpochMs,
  factsBySeries,
  gatherEvidence,
  type MergePlan,
  planDescription,
  planMerge,
  type SlotEvidence,
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

/** The candle side of the SQLite store. `now` is the process clock. */
export function createSqliteCandles(shared: SharedTables, now: () => EpochMs): CandleStore {
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
    merge: (facts) =>
      connection.write(() => {
        const at = now();
        const plans = factsBySeries(facts).map((ofSeries) => mergeSeries(tables, ofSeries, at));
        lake.mark(new Set(plans.flatMap(({ days }) => [...days])));
        return plans.flatMap(({ slots }) => slots);
      }),
    readDay: (named, day) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.read(stored.id, day, day + DAY_MS - 1) : { candles: [], absences: [] };
      }),
    revisions: (named) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.revisions(stored) : [];
      }),
  };
}

/** Plans the merge of one series and writes all but the marks. */
function mergeSeries(tables: Tables, facts: readonly SlotFacts[], at: EpochMs): MergePlan {
  const { series, slots, lake } = tables;
  const known = series.find(facts[0]!.series);
  const stored = known ? storedSlots(slots, known.id, facts) : new Map<EpochMs, SlotEvidence>();
  const plan = planMerge({ facts, record: known?.record ?? null, stored, asOf: lake.asOf() });
  const id = plan.record ? series.write(plan.record) : known!.id;
  for (const slot of plan.slots) slots.write(id, slot, at);
  return plan;
}

/** The stored evidence of the slots that facts name: one range read for each day. */
function storedSlots(
  slots: SqliteSlots,
  id: number,
  facts: readonly SlotFacts[],
): ReadonlyMap<EpochMs, SlotEvidence> {
  return gatherEvidence(spansToRead(facts).map(({ first, last }) => slots.read(id, first, last)));
}
