import type {
  Absence,
  Candle,
  CandleStore,
  DerivationStore,
  EpochMs,
  MergedSlot,
  NoticeStore,
  PaceStore,
} from '@candlelake/core';
import { lakeSettings } from '../support/lakeSettings.ts';
import { swapSeries } from '../support/swapSeries.ts';

export type Store = CandleStore & DerivationStore & NoticeStore & PaceStore;

/** One empty store with two connections, as of two processes. */
export interface StoreFixture {
  readonly store: Store;
  /** The same data through another connection. */
  readonly second: Store;
  /** Closes all connections and opens the store again, like a restart. */
  reopen(): Promise<Store>;
  close(): Promise<void>;
}

export type OpenStore = (now: () => EpochMs) => Promise<StoreFixture>;

/**
 * Runs `test` on an empty store and closes it afterwards. The process clock stands at {@link PROCESS_NOW}.
 */
export async function withStore(
  open: OpenStore,
  test: (fixture: StoreFixture) => Promise<void>,
): Promise<void> {
  const fixture = await open(() => PROCESS_NOW);
  try {
    await test(fixture);
  } finally {
    await fixture.close();
  }
}

export const MINUTE = 60_000;
export const SLOT = 3 * MINUTE;
export const HOUR = 60 * MINUTE;
export const DAY = 86_400_000;
/** Friday 2026-11-20T00:00Z. */
export const FRIDAY = Date.UTC(2026, 10, 20);
export const PROCESS_NOW = Date.UTC(2027, 0, 1);

export const BTC = swapSeries('BTC-USDT', '3m');
export const ETH = swapSeries('ETH-USDT', '3m');

export const SETTINGS = lakeSettings();

/** A final candle from history, changed by `parts`. */
export function makeCandle(openTime: EpochMs, parts: Partial<Candle> = {}): Candle {
  return {
    openTime,
    open: '100',
    high: '120.5',
    low: '99.5',
    close: '110',
    volume: '7.25',
    status: 'final',
    source: 'history',
    observed: parts.status === 'provisional' ? 0 : openTime + 10 * MINUTE,
    ...parts,
  };
}

/** The absence after two reads of history, `apartMs` apart. */
export function makeAbsence(openTime: EpochMs, apartMs: number): Absence {
  const firstRead = openTime + 30 * MINUTE;
  return { openTime, firstRead, lastRead: firstRead + apartMs };
}

/** Records settings, a candle of Friday 00:00 and the watermark, and clears all marks. */
export async function startLake(store: Store, asOf: EpochMs): Promise<void> {
  await store.writeSettings(SETTINGS);
  await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
  await store.advanceAsOf(asOf);
  await deriveAll(store);
}

/** Commits every marked day without a checkpoint, which clears all marks. */
export async function deriveAll(store: Store): Promise<void> {
  for (const mark of await store.dirtyDays()) {
    await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: [] });
  }
}

/** The marked days. */
export async function markedDays(store: DerivationStore): Promise<EpochMs[]> {
  return (await store.dirtyDays()).map(({ day }) => day);
}

/** The slots of a merge that the lake shows differently afterwards. */
export function visibleSlots(merged: readonly MergedSlot[]): readonly MergedSlot[] {
  return merged.filter(({ visible }) => visible);
}
