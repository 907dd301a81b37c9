import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, ImportStage, ImportStore, SlotFacts, StagedRow } from '../ports.ts';

/** A stage in memory. */
export function createMemoryStage(): ImportStage {
  const bySlot = new Map<EpochMs, StagedRow>();
  const sorted = () => [...bySlot.values()].sort((a, b) => a.openTime - b.openTime);
  return {
    add(rows) {
      for (const row of rows) {
        const first = bySlot.get(row.openTime);
        if (first && valuesText(first) !== valuesText(row)) return { first, second: row };
        if (!first) bySlot.set(row.openTime, row);
      }
      return null;
    },
    span() {
      const rows = sorted();
      return { count: rows.length, first: rows[0]?.openTime ?? 0, last: rows.at(-1)?.openTime ?? 0 };
    },
    days: () => Map.groupBy(sorted(), ({ openTime }) => startOfDay(openTime)).values(),
    close: () => bySlot.clear(),
  };
}

/** The import into a store in memory: all batches are merged at once. */
export function createMemoryImport(store: Pick<CandleStore, 'merge'>): ImportStore {
  return {
    async mergeAll(batches, between) {
      const facts: SlotFacts[] = [];
      for (const batch of batches) facts.push(...batch);
      await between(await store.merge(facts));
    },
  };
}

function valuesText({ open, high, low, close, volume }: StagedRow): string {
  return [open, high, low, close, volume].join('|');
}
