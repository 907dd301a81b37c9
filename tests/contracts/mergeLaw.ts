import { isDeepStrictEqual } from 'node:util';
import type {
  Absence,
  Candle,
  EpochMs,
  Series,
  SlotEvidence,
  SlotFacts,
  StoredDay,
  Unreadable,
} from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BTC, ETH, FRIDAY, MINUTE, type OpenStore, SLOT, type Store, withStore } from './storeFixture.ts';

/** One fact about one slot. */
export type SlotFact = { readonly isBtc: boolean } & (
  | { readonly candle: Candle; readonly absence?: never; readonly unreadable?: never }
  | { readonly absence: Absence; readonly candle?: never; readonly unreadable?: never }
  | { readonly unreadable: Unreadable; readonly candle?: never; readonly absence?: never }
);

const openTimes = fc.integer({ min: 0, max: 3 }).map((index) => FRIDAY + index * SLOT);
/** Few instants, so that ties are frequent; one is far off, as from a wrong clock. */
const instants = fc.constantFrom(
  FRIDAY,
  FRIDAY + 1,
  FRIDAY + 10 * MINUTE,
  FRIDAY + 20 * MINUTE,
  FRIDAY + 70 * MINUTE,
  FRIDAY - 9e9,
);
const prices = fc.constantFrom('9', '10', '10.5', '0.00000123');
/** Texts whose order differs from that of their numbers. */
const volumes = fc.constantFrom('0', '0.5', '9', '9.75', '10', '100', '99.5');

const candles: fc.Arbitrary<Candle> = fc
  .record({
    openTime: openTimes,
    open: prices,
    high: prices,
    low: prices,
    close: prices,
    volume: volumes,
    status: fc.constantFrom('provisional', 'imported', 'final'),
    source: fc.constantFrom('history', 'stream', 'import'),
    observed: instants.map(Math.abs),
  })
  .map((candle) => (candle.status === 'provisional' ? { ...candle, observed: 0 } : candle));

const reads: fc.Arbitrary<Absence & Unreadable> = fc
  .tuple(openTimes, instants, instants)
  .map(([openTime, one, other]) => ({
    openTime,
    firstRead: Math.min(one, other),
    lastRead: Math.max(one, other),
  }));

export const slotFacts: fc.Arbitrary<SlotFact> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ isBtc: fc.boolean(), candle: candles }) },
  { weight: 1, arbitrary: fc.record({ isBtc: fc.boolean(), absence: reads }) },
  { weight: 1, arbitrary: fc.record({ isBtc: fc.boolean(), unreadable: reads }) },
);

/**
 * The order, the grouping and the connection of the writes. Not shrunk, because shrinking both takes minutes.
 */
const deals = fc.noShrink(
  fc.array(fc.record({ at: fc.nat(1000), size: fc.integer({ min: 1, max: 6 }), isSecond: fc.boolean() }), {
    minLength: 24,
    maxLength: 48,
  }),
);

/**
 * The merge law, restated here: the stored records do not depend on order, repeats, grouping and connection
 * of the writes.
 */
export function mergeLawContract(name: string, open: OpenStore, numRuns = 60): void {
  describe(`${name} under the merge law`, () => {
    test('stores the same records for any order, repeats, grouping and connection of the writes', () =>
      fc.assert(
        fc.asyncProperty(fc.array(slotFacts, { minLength: 1, maxLength: 24 }), deals, (given, dealt) =>
          withStore(open, async ({ store, second }) => {
            // Every fact at least once, then repeats, in random order.
            const deck = dealt.map(({ at }, index) => ({ at, fact: given[index % given.length]! }));
            const inTurn = deck.sort((a, b) => a.at - b.at).map(({ fact }) => factsOf(fact));
            const writes: Promise<unknown>[] = [];
            for (let from = 0, turn = 0; from < inTurn.length; turn++) {
              const { size, isSecond } = dealt[turn]!;
              writes.push((isSecond ? second : store).merge(inTurn.slice(from, from + size)));
              from += size;
            }
            await Promise.all(writes);
            expect(await store.readDay(BTC, FRIDAY)).toEqual(expectedDay(given.filter(({ isBtc }) => isBtc)));
            expect(await second.readDay(ETH, FRIDAY)).toEqual(
              expectedDay(given.filter(({ isBtc }) => !isBtc)),
            );
          }),
        ),
        { numRuns },
      ));

    test('returns what every write changed, with what it replaced', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(slotFacts, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
          (batches) =>
            withStore(open, async ({ store, second }) => {
              for (const batch of batches) {
                const before = await evidence(second);
                const merged = await store.merge(batch.map(factsOf));
                const after = await evidence(second);
                const changed = [...after.keys()].filter(
                  (slot) => !isDeepStrictEqual(after.get(slot), before.get(slot)),
                );
                const empty = { candle: null, absence: null, unreadable: null };
                const expected = changed.map((slot) => [slot, before.get(slot) ?? empty, after.get(slot)]);
                const returned = merged.map((slot) => [nameOf(slot), slot.before, slot.after]);
                expect(returned.sort()).toEqual(expected.sort());
              }
            }),
        ),
        { numRuns: Math.ceil(numRuns / 2) },
      ));

    test('writes nothing when every fact comes again', () =>
      fc.assert(
        fc.asyncProperty(fc.array(slotFacts, { minLength: 1, maxLength: 24 }), (given) =>
          withStore(open, async ({ store }) => {
            await store.merge(given.map(factsOf));
            const before = [
              await store.readDay(BTC, FRIDAY),
              await store.revisions(BTC),
              await store.listSeries(),
            ];
            for (const fact of given) expect(await store.merge([factsOf(fact)])).toEqual([]);
            const after = [
              await store.readDay(BTC, FRIDAY),
              await store.revisions(BTC),
              await store.listSeries(),
            ];
            expect(after).toEqual(before);
          }),
        ),
        { numRuns: Math.ceil(numRuns / 2) },
      ));
  });
}

/** What a store holds of Friday, by slot. */
async function evidence(store: Store): Promise<ReadonlyMap<string, SlotEvidence>> {
  const slots = new Map<string, SlotEvidence>();
  for (const series of [BTC, ETH]) {
    const { candles, absences, unreadable } = await store.readDay(series, FRIDAY);
    const add = (openTime: EpochMs, part: Partial<SlotEvidence>) => {
      const name = nameOf({ series, openTime });
      const known = slots.get(name) ?? { candle: null, absence: null, unreadable: null };
      slots.set(name, { ...known, ...part });
    };
    for (const candle of candles) add(candle.openTime, { candle });
    for (const absence of absences) add(absence.openTime, { absence });
    for (const row of unreadable) add(row.openTime, { unreadable: row });
  }
  return slots;
}

function nameOf({ series, openTime }: { readonly series: Series; readonly openTime: EpochMs }): string {
  return `${series.symbol} ${openTime}`;
}

export function factsOf({ isBtc, candle, absence, unreadable }: SlotFact): SlotFacts {
  const series = isBtc ? BTC : ETH;
  if (candle) return { series, candles: [candle] };
  return absence ? { series, absences: [absence] } : { series, unreadable: [unreadable!] };
}

/** The law by numbers: greatest rank, then greatest volume or time of observation, then greatest text. */
export function expectedDay(given: readonly SlotFact[]): StoredDay {
  const ofSlot = [
    ...new Set(given.map((fact) => (fact.candle ?? fact.absence ?? fact.unreadable!).openTime)),
  ].sort((a, b) => a - b);
  return {
    candles: ofSlot.flatMap((openTime) => bestCandle(given, openTime) ?? []),
    absences: ofSlot.flatMap((openTime) => widestReads(given, 'absence', openTime) ?? []),
    unreadable: ofSlot.flatMap((openTime) => widestReads(given, 'unreadable', openTime) ?? []),
  };
}

function bestCandle(given: readonly SlotFact[], openTime: EpochMs): Candle | undefined {
  const rivals = given.flatMap(({ candle }) => (candle?.openTime === openTime ? [candle] : []));
  const rank = { provisional: 1, imported: 2, final: 3 };
  const weight = (candle: Candle) =>
    candle.status === 'provisional' ? Number(candle.volume) : candle.observed;
  const text = (candle: Candle) =>
    `${candle.open}|${candle.high}|${candle.low}|${candle.close}|${candle.volume}|${candle.status}|${candle.source}`;
  return rivals.sort(
    (a, b) =>
      rank[b.status] - rank[a.status] ||
      weight(b) - weight(a) ||
      (text(a) < text(b) ? 1 : text(a) > text(b) ? -1 : 0),
  )[0];
}

function widestReads(
  given: readonly SlotFact[],
  kind: 'absence' | 'unreadable',
  openTime: EpochMs,
): (Absence & Unreadable) | undefined {
  const reads = given.flatMap(({ [kind]: found }) => (found?.openTime === openTime ? [found] : []));
  if (reads.length === 0) return undefined;
  return {
    openTime,
    firstRead: Math.min(...reads.map(({ firstRead }) => firstRead)),
    lastRead: Math.max(...reads.map(({ lastRead }) => lastRead)),
  };
}
