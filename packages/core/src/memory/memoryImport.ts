import { importedCandle, mergedPart } from '../domain/slots/importPlan.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, ImportStage, StagedRow, StoreStage } from '../ports.ts';

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
    places: () => [sorted()],
    days: () => Map.groupBy(sorted(), ({ openTime }) => startOfDay(openTime)).values(),
    close: () => bySlot.clear(),
  };
}

/** A stage in front of a store in memory: all rows are one merge. */
export function createMemoryStoreStage(store: Pick<CandleStore, 'merge'>): StoreStage {
  const stage = createMemoryStage();
  return {
    ...stage,
    async merge({ series, observed }, between) {
      const candles = [...stage.days()].flatMap((rows) => rows.map((row) => importedCandle(row, observed)));
      await between(mergedPart(await store.merge([{ series, candles }])));
    },
  };
}

function valuesText({ open, high, low, close, volume }: StagedRow): string {
  return [open, high, low, close, volume].join('|');
}
