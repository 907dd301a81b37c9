import {
  type EpochMs,
  factsBySeries,
  gatherEvidence,
  type MergedSlot,
  type MergeInput,
  type MergePlan,
  planMerge,
  type SlotFacts,
  spansToRead,
} from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';
import type { SqliteLake } from './sqliteLake.ts';
import type { SqliteSeries } from './sqliteSeries.ts';
import type { SqliteSlots } from './sqliteSlots.ts';

/** The tables that the candle and the derivation side of the store share. */
export interface SharedTables {
  readonly connection: SqliteConnection;
  readonly series: SqliteSeries;
  readonly lake: SqliteLake;
}

/** The tables that a merge writes. */
export type MergeTables = SharedTables & { readonly slots: SqliteSlots };

/** Writes facts within the caller's transaction; `at` is the process clock. */
export function mergeFacts(
  tables: MergeTables,
  facts: readonly SlotFacts[],
  at: EpochMs,
): readonly MergedSlot[] {
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
function mergeSeries(tables: MergeTables, facts: readonly SlotFacts[], times: MergeTimes): MergePlan {
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
