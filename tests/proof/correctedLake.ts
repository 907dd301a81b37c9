import {
  type Absence,
  type Candle,
  type CandleStore,
  createMemoryObjects,
  createMemoryStore,
  type DerivationStore,
  type EncodeTable,
  type EpochMs,
  type Interval,
  intervalMs,
  type LakeSettings,
  type ObjectStore,
  type Series,
  type SlotFacts,
} from '@candlelake/core';
import { DAY, deriveOnce, MINUTE, shapedCandle } from '../support/lake.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { swapSeries } from '../support/swapSeries.ts';

export type Store = CandleStore & DerivationStore;

/** Midnight: the first of {@link DAYS} whole days and a part of one. */
export const FIRST_DAY = Date.UTC(2026, 7, 24);
export const DAYS = 90;
const AS_OF = FIRST_DAY + DAYS * DAY + 13 * 60 * MINUTE;
/** All first reads are older. */
export const FIRST_READ_UNTIL = AS_OF + DAY;
const { signal } = new AbortController();

/** What the exchange shows, kept apart from the program: the candle of each slot of each symbol. */
export interface ShownHistory {
  readonly interval: Interval;
  readonly settings: LakeSettings;
  readonly candles: ReadonlyMap<string, Map<EpochMs, Candle>>;
  readonly absences: ReadonlyMap<string, Map<EpochMs, Absence>>;
}

/**
 * Ninety days of two symbols, the second listed on the tenth day: flat and trading candles, quiet slots, an outage of
 * one and a half days, and provisional candles at the end.
 */
export function createHistoryOfDays(interval: Interval, timeframes: readonly number[], random: () => number) {
  const history: ShownHistory = {
    ...{ interval, settings: lakeSettings({ interval, timeframes }) },
    candles: new Map(),
    absences: new Map(),
  };
  const lengthMs = intervalMs(interval);
  for (const [symbol, from] of [
    ['AAA-USDT', FIRST_DAY],
    ['BBB-USDT', FIRST_DAY + 10 * DAY + 5 * lengthMs],
  ] as const) {
    const candles = new Map<EpochMs, Candle>();
    const absences = new Map<EpochMs, Absence>();
    const outage = { from: FIRST_DAY + 40 * DAY + 7 * lengthMs, to: FIRST_DAY + 41.5 * DAY };
    for (let openTime: number = from; openTime + lengthMs <= AS_OF; openTime += lengthMs) {
      if (symbol === 'AAA-USDT' && openTime >= outage.from && openTime < outage.to) continue;
      const isFirst = openTime === from;
      const isNewest = openTime + 3 * lengthMs > AS_OF;
      if (!isFirst && !isNewest && random() < 0.02) {
        const firstRead = openTime + lengthMs + MINUTE;
        absences.set(openTime, { openTime, firstRead, lastRead: firstRead + 30 * MINUTE });
        continue;
      }
      const late: Partial<Candle> = isNewest ? { status: 'provisional', source: 'stream', observed: 0 } : {};
      const observed = openTime + lengthMs + MINUTE;
      candles.set(openTime, shapedCandle(openTime, Math.floor(random() * 400), { observed, ...late }));
    }
    (history.candles as Map<string, Map<EpochMs, Candle>>).set(symbol, candles);
    (history.absences as Map<string, Map<EpochMs, Absence>>).set(symbol, absences);
  }
  return history;
}

export function seriesOf({ interval }: ShownHistory, symbol: string): Series {
  return swapSeries(symbol, interval);
}

/** All that is shown, as one write. */
function factsOf(history: ShownHistory): readonly SlotFacts[] {
  return [...history.candles].map(([symbol, candles]) => ({
    series: seriesOf(history, symbol),
    candles: [...candles.values()],
    absences: [...history.absences.get(symbol)!.values()],
  }));
}

/** A lake that is kept up to date. */
export interface KeptLake {
  readonly store: Store;
  readonly objects: ObjectStore;
  /** Derives what is marked until nothing is. Returns the days in their order. */
  derive(): Promise<readonly EpochMs[]>;
}

export async function createKeptLake(
  store: Store,
  history: ShownHistory,
  encode: EncodeTable,
): Promise<KeptLake> {
  const objects = createMemoryObjects();
  const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
  await store.writeSettings(history.settings);
  await store.merge(factsOf(history));
  await store.advanceAsOf(AS_OF);
  const lake: KeptLake = {
    ...{ store, objects },
    async derive() {
      const days: EpochMs[] = [];
      while ((await deriveOnce(ports, signal, ({ day }) => days.push(day))).days > 0);
      return days;
    },
  };
  await lake.derive();
  return lake;
}

/** The objects of a lake that is built anew from what is shown now, by path. */
export async function rebuild(
  history: ShownHistory,
  encode: EncodeTable,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { objects } = await createKeptLake(createMemoryStore({ now: () => AS_OF }), history, encode);
  return readAll(objects);
}

export async function readAll(objects: ObjectStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const { path } of await objects.list()) read.set(path, (await objects.read(path))!);
  return read;
}
