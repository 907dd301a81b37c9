import type { Absence, Candle, HistoryStartAnswer, Series, Unreadable } from '../candle/candle.ts';
import { type EpochMs, startOfDay } from '../time/time.ts';
import { seriesKey } from './seriesRecord.ts';
import type { SlotRecords } from './slotChange.ts';

/** New facts about one series. */
export interface SlotFacts extends SlotRecords {
  readonly series: Series;
  readonly historyStart?: HistoryStartAnswer;
  /**
   * A final candle of these facts that equals the stored final in everything that the lake shows is not
   * written, so `observed` stays. For reads that repeat an earlier one
   * (docs/decisions/0011-what-costs-a-write.md).
   */
  readonly skipEqualFinals?: boolean;
  /**
   * A candle of these facts is not written to a slot of which nothing is stored. For reads that revise and do
   * not fill.
   */
  readonly skipEmptySlots?: boolean;
  /**
   * Exchange time of the write, where it is reliable: a stored final that was observed later came from a
   * wrong clock and gives way.
   */
  readonly now?: EpochMs;
}

/** The slots from `first` to `last`, both included, of the UTC day that starts at `day`. */
export interface SlotSpan {
  readonly day: EpochMs;
  readonly first: EpochMs;
  readonly last: EpochMs;
}

/** The facts about the slots of one day. */
export interface DayFacts {
  readonly candles: Candle[];
  readonly absences: Absence[];
  readonly unreadable: Unreadable[];
  /** The candles of facts that skip some slots. */
  readonly conditional: { readonly candle: Candle; readonly facts: SlotFacts }[];
}

/** The facts of each series. */
export function factsBySeries(facts: readonly SlotFacts[]): readonly (readonly SlotFacts[])[] {
  return [...Map.groupBy(facts, ({ series }) => seriesKey(series)).values()];
}

/** What a store has to read before it can plan a merge: one span for each day that the facts name. */
export function spansToRead(facts: readonly SlotFacts[]): readonly SlotSpan[] {
  const spans = new Map<EpochMs, { day: EpochMs; first: EpochMs; last: EpochMs }>();
  for (const { candles = [], absences = [], unreadable = [] } of facts) {
    for (const records of [candles, absences, unreadable]) {
      for (const { openTime } of records) {
        const day = startOfDay(openTime);
        const span = spans.get(day);
        if (span === undefined) spans.set(day, { day, first: openTime, last: openTime });
        else if (openTime < span.first) span.first = openTime;
        else if (openTime > span.last) span.last = openTime;
      }
    }
  }
  return [...spans.values()];
}

/** The facts about one series, apart from the start of its history, by UTC day. */
export function splitByDay(facts: readonly SlotFacts[]): ReadonlyMap<EpochMs, DayFacts> {
  const days = new Map<EpochMs, DayFacts>();
  const dayOf = (openTime: EpochMs): DayFacts => {
    const day = startOfDay(openTime);
    const known = days.get(day);
    if (known) return known;
    const added = { candles: [], absences: [], unreadable: [], conditional: [] };
    days.set(day, added);
    return added;
  };
  for (const part of facts) {
    const isConditional = part.skipEqualFinals || part.skipEmptySlots;
    for (const candle of part.candles ?? []) {
      if (isConditional) dayOf(candle.openTime).conditional.push({ candle, facts: part });
      else dayOf(candle.openTime).candles.push(candle);
    }
    for (const absence of part.absences ?? []) dayOf(absence.openTime).absences.push(absence);
    for (const row of part.unreadable ?? []) dayOf(row.openTime).unreadable.push(row);
  }
  return days;
}
