import type { Candle, EpochMs, LakeSettings } from '@candlelake/core';
import { encode } from '../../support/encoder.ts';
import {
  createTestLake,
  DAY,
  DAY_ONE,
  deriveOnce,
  listPaths,
  MINUTE,
  SETTINGS,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';
import { type Row, readRows } from '../../support/readParquet.ts';

export const BTC = series('BTC-USDT', '3m');
export const ETH = series('ETH-USDT', '3m');
export const SLOT = 3 * MINUTE;
export const { signal } = new AbortController();
const DATES = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];

/** A lake of 3m candles with the real encoder; `as_of` is the end of the first day unless said otherwise. */
export async function createLake(
  settings: Partial<LakeSettings> = {},
  asOf = DAY_ONE + DAY,
): Promise<TestLake> {
  return createTestLake({ ...SETTINGS, ...settings }, asOf, encode);
}

/** Candles of the slots `from` to `to`, counted from the first day, but those in `without`. */
export function candles(from: number, to: number, without: readonly number[] = []): readonly Candle[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
    .filter((slot) => !without.includes(slot))
    .map((slot) => shapedCandle(DAY_ONE + slot * SLOT, slot * 7));
}

/** Derives what is marked, in one pass, and gives back the days. */
export async function derive({ ports }: TestLake): Promise<readonly EpochMs[]> {
  const days: EpochMs[] = [];
  await deriveOnce(ports, signal, ({ day }) => days.push(day));
  return days;
}

/** The rows of all objects of a table, by date. */
export async function rowsOf(
  lake: TestLake,
  table: 'candles' | 'bars' | 'coverage',
  dates = DATES,
): Promise<Row[]> {
  const partition = table === 'bars' ? 'timeframe=21m' : 'interval=3m';
  const rows: Row[] = [];
  for (const date of dates) {
    const bytes = await lake.objects.read(`${table}/${partition}/date=${date}/${table}.parquet`);
    if (bytes) rows.push(...(await readRows(bytes)));
  }
  return rows;
}

/** The version of every object. */
export async function versions({ objects }: TestLake): Promise<Record<string, string | null>> {
  const paths = await listPaths(objects);
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await objects.version(path)])),
  );
}
