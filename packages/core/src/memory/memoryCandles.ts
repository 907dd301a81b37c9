import { planDescription, planMerge, type RecordPlan } from '../domain/slots/mergePlan.ts';
import { revisionOf, toStoredDay } from '../domain/slots/slotChange.ts';
import { factsBySeries } from '../domain/slots/slotFacts.ts';
import type { SlotEvidence } from '../domain/slots/slots.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, MergedSlot, SlotFacts } from '../ports.ts';
import { ensureSeries, findSeries, type MemorySeries, type MemoryState, markDays } from './memoryState.ts';

/** The candle side of the memory store. */
export function createMemoryCandles(state: MemoryState, now: () => EpochMs): CandleStore {
  return {
    async listSeries() {
      const known = [...state.series].sort(([a], [b]) => (a < b ? -1 : 1));
      return known.map(([, { record }]) => record);
    },
    async findSeries(series) {
      return findSeries(state, series)?.record ?? null;
    },
    async describeSeries(series, facts) {
      const record = findSeries(state, series)?.record ?? null;
      applyRecord(state, ensureSeries(state, series), planDescription(series, record, facts, state.asOf));
    },
    async merge(facts) {
      return factsBySeries(facts).flatMap((ofSeries) => mergeSeries(state, ofSeries, now()));
    },
    async readDay(series, day) {
      const known = findSeries(state, series);
      const stored = known?.readDays.get(day) ?? toStoredDay(known?.days.get(day) ?? []);
      known?.readDays.set(day, stored);
      return stored;
    },
    async revisions(series) {
      return [...(findSeries(state, series)?.revisions ?? [])];
    },
  };
}

function mergeSeries(state: MemoryState, facts: readonly SlotFacts[], at: EpochMs): readonly MergedSlot[] {
  const { series } = facts[0]!;
  const record = findSeries(state, series)?.record ?? null;
  const known = ensureSeries(state, series);
  const plan = planMerge({ facts, record, stored: (day) => known.days.get(day), asOf: state.asOf });
  for (const slot of plan.slots) {
    const day = known.days.get(startOfDay(slot.openTime)) ?? new Map<EpochMs, SlotEvidence>();
    known.days.set(startOfDay(slot.openTime), day.set(slot.openTime, slot.after));
    known.readDays.delete(startOfDay(slot.openTime));
    const revision = revisionOf(slot, at);
    if (revision !== null) known.revisions.push(revision);
  }
  applyRecord(state, known, plan);
  return plan.slots;
}

function applyRecord(state: MemoryState, known: MemorySeries, { record, days }: RecordPlan): void {
  known.record = record ?? known.record;
  markDays(state, days);
}
