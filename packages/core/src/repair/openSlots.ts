import {
  isSlotSettled,
  joinNeeds,
  type Needs,
  needsOf,
  slotsToAsk,
  type UnsettledSlots,
} from '../domain/slots/needs.ts';
import type { SlotEvidence } from '../domain/slots/slots.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { ExchangeClock, MergedSlot, SeriesRecord } from '../ports.ts';
import type { RepairScope } from './scope.ts';
import type { SurveyedSlots } from './survey.ts';

/**
 * The unsettled slots of the days that a pass has surveyed, with what the store holds of them. It keeps what
 * is left unsettled only, so that a pass over years needs no more memory than one over days.
 */
export class OpenSlots {
  readonly #scope: RepairScope;
  readonly #clock: ExchangeClock;
  /** By day, the newest first. */
  readonly #days = new Map<EpochMs, Map<EpochMs, SlotEvidence>>();
  /** Settled slots that are due to be looked at again and were not asked for yet, by day. */
  readonly #looks = new Map<EpochMs, Set<EpochMs>>();

  constructor(scope: RepairScope, clock: ExchangeClock) {
    this.#scope = scope;
    this.#clock = clock;
  }

  /** Adds what a survey found in a day before those that were added so far. */
  add({ unsettled, looks }: SurveyedSlots): void {
    const [first] = unsettled.keys();
    if (first !== undefined) this.#days.set(startOfDay(first), new Map(unsettled));
    const [look] = looks;
    if (look !== undefined && this.#scope.fillGaps) this.#looks.set(startOfDay(look), new Set(looks));
  }

  /** Notes that these slots were asked for: a look is made once in a pass. Returns how many were looks. */
  asked(slots: readonly EpochMs[]): number {
    let looks = 0;
    for (const slot of slots) if (this.#looks.get(startOfDay(slot))?.delete(slot)) looks += 1;
    return looks;
  }

  /** Takes over what was written. */
  wrote(merged: readonly MergedSlot[], record: SeriesRecord): void {
    for (const { openTime, after } of merged) {
      const day = startOfDay(openTime);
      const open = this.#days.get(day);
      if (!open?.has(openTime)) continue;
      if (!isSlotSettled(openTime, after, record)) open.set(openTime, after);
      else if (open.delete(openTime) && open.size === 0) this.#days.delete(day);
    }
  }

  has(openTime: EpochMs, record: SeriesRecord): boolean {
    const evidence = this.#days.get(startOfDay(openTime))?.get(openTime);
    return evidence !== undefined && !isSlotSettled(openTime, evidence, record);
  }

  /** The slots of a day that history is to be asked for now, ascending. */
  due(day: EpochMs, record: SeriesRecord): readonly EpochMs[] {
    const looks = [...(this.#looks.get(day) ?? [])];
    return slotsToAsk({ ...this.#needsOf(this.#days.get(day) ?? new Map(), record), looks });
  }

  /** Those of the slots that history is still to be asked for now. */
  stillDue(slots: readonly EpochMs[], record: SeriesRecord): readonly EpochMs[] {
    const days = [...new Set(slots.map(startOfDay))];
    const due = new Set(days.flatMap((day) => this.due(day, record)));
    return slots.filter((slot) => due.has(slot));
  }

  /** What is not settled, and what of it history is to be asked for now. */
  needs(record: SeriesRecord): Needs {
    const newestFirst = [...this.#days.values()].map((open) => this.#needsOf(open, record));
    return joinNeeds(newestFirst.reverse());
  }

  #needsOf(open: UnsettledSlots, record: SeriesRecord): Needs {
    const unsettled = new Map([...open].filter(([openTime, slot]) => !isSlotSettled(openTime, slot, record)));
    const now = this.#clock.now();
    const { fillGaps, series } = this.#scope;
    const lengthMs = intervalMs(series.interval);
    return needsOf({ unsettled, looks: [], record, now, fillGaps, intervalMs: lengthMs });
  }
}
