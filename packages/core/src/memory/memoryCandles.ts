import { boundsOf, describedRecord, mergedRecord, seriesKey } from '../domain/slots/seriesRecord.ts';
import {
  changeSlot,
  gatherEvidence,
  type SlotChange,
  type SlotEvidence,
} from '../domain/slots/slotChange.ts';
import { slotsInLake, staleDays } from '../domain/slots/staleDays.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, SeriesRecord, SlotFacts, StoredDay } from '../ports.ts';
import { findSeries, type MemorySeries, type MemoryState, makeSeries, markDays } from './memoryState.ts';

const EMPTY_SLOT: SlotEvidence = { candle: null, absence: null };

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
      const known = makeSeries(state, series);
      const before = known.record;
      known.record = describedRecord(before, facts);
      mark(state, before, known.record, []);
    },
    async merge(facts) {
      let visible = 0;
      for (const [, [first, ...rest]] of Map.groupBy(facts, ({ series }) => seriesKey(series))) {
        visible += mergeSeries(state, [first!, ...rest], now());
      }
      return visible;
    },
    async readDay(series, day) {
      return readSlots(findSeries(state, series), day);
    },
    async revisions(series) {
      return [...(findSeries(state, series)?.revisions ?? [])];
    },
  };
}

/** Merges the facts of one series, which all name the same one. */
function mergeSeries(state: MemoryState, facts: readonly [SlotFacts, ...SlotFacts[]], at: EpochMs): number {
  const known = makeSeries(state, facts[0].series);
  const before = known.record;
  const told = gatherEvidence(
    facts.flatMap(({ candles }) => candles ?? []),
    facts.flatMap(({ absences }) => absences ?? []),
  );
  const changes = [...told].flatMap(
    ([openTime, evidence]) => changeSlot(openTime, readSlot(known, openTime), evidence) ?? [],
  );
  for (const change of changes) applyChange(known, change, at);
  known.record = mergedRecord(
    before,
    changes.flatMap(({ candle }) => candle?.openTime ?? []),
    facts.flatMap(({ historyStart }) => historyStart ?? []),
  );
  const visible = changes.filter((change) => change.visible).map(({ openTime }) => openTime);
  const changed = slotsInLake(known.record.firstSlot, visible);
  mark(state, before, known.record, changed);
  return changed.length;
}

function applyChange(known: MemorySeries, change: SlotChange, at: EpochMs): void {
  const { openTime, candle, absence, replaced } = change;
  const stored = readSlot(known, openTime);
  const day = known.days.get(startOfDay(openTime)) ?? new Map<EpochMs, SlotEvidence>();
  known.days.set(startOfDay(openTime), day);
  day.set(openTime, { candle: candle ?? stored.candle, absence: absence ?? stored.absence });
  if (candle === null || replaced === null) return;
  const { market, symbol, interval } = known.record;
  known.revisions.push({
    series: { market, symbol, interval },
    openTime,
    at,
    before: replaced,
    after: candle,
  });
}

function mark(
  state: MemoryState,
  before: SeriesRecord,
  after: SeriesRecord,
  changedSlots: readonly EpochMs[],
): void {
  const change = { before: boundsOf(before), after: boundsOf(after), changedSlots, asOf: state.asOf };
  markDays(state, staleDays(change));
}

function readSlot(known: MemorySeries, openTime: EpochMs): SlotEvidence {
  return known.days.get(startOfDay(openTime))?.get(openTime) ?? EMPTY_SLOT;
}

function readSlots(known: MemorySeries | undefined, day: EpochMs): StoredDay {
  const slots = [...(known?.days.get(day) ?? [])].sort(([a], [b]) => a - b);
  return {
    candles: slots.flatMap(([, { candle }]) => candle ?? []),
    absences: slots.flatMap(([, { absence }]) => absence ?? []),
  };
}
