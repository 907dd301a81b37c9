import type {
  Absence,
  Candle,
  CandleStore,
  DerivationStore,
  NoticeStore,
  ObjectStore,
  Periods,
} from '@candlelake/core';
import { swapSeries } from '../../support/swapSeries.ts';
import type { LakeRow } from '../machine/rowEncoder.ts';
import type { Scenario } from '../scenario.ts';
import { checkNotices } from './checkNotices.ts';
import { compareLakes, type Problem } from './compareLakes.ts';
import { expectedLake } from './expectedLake.ts';
import { type StoredSymbol, truthOf } from './truth.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

export interface Outcome {
  readonly scenario: Scenario;
  readonly periods: Periods;
  readonly store: CandleStore & Pick<DerivationStore, 'readAsOf'> & NoticeStore;
  readonly objects: ObjectStore;
  readonly decode: (bytes: Uint8Array) => readonly LakeRow[] | Promise<readonly LakeRow[]>;
}

/** Compares the lake after the end of a run with what has to be in it. */
export async function checkLake(outcome: Outcome): Promise<readonly Problem[]> {
  const { scenario, periods, store } = outcome;
  const { intervalMs, interval, end, books, windowStart, timeframes } = scenario;
  const asOf = await store.readAsOf();
  const isRecent = asOf <= end + MINUTE && asOf >= end - 2 * intervalMs;
  if (!isRecent) return [{ kind: 'late', detail: `as_of is ${new Date(asOf).toISOString()}` }];
  const truths = new Map<string, ReturnType<typeof truthOf>>();
  for (const book of books) {
    const stored = await readSymbol(outcome, book.symbol);
    truths.set(book.symbol, truthOf({ intervalMs, from: windowStart, asOf }, book, stored));
  }
  const expected = expectedLake(truths, { intervalMs, intervalName: interval, asOf, timeframes, periods });
  const { found, problems } = await readLake(outcome);
  const invented = [...truths.values()].flatMap((truth) => truth.problems);
  const notices = checkNotices(await store.recentNotices(Number.MAX_SAFE_INTEGER), found);
  return [...problems, ...invented, ...compareLakes(expected, found), ...notices];
}

async function readSymbol({ scenario, store }: Outcome, symbol: string): Promise<StoredSymbol> {
  const series = swapSeries(symbol, scenario.interval);
  const candles = new Map<number, Candle>();
  const absences = new Map<number, Absence>();
  for (let day = scenario.windowStart; day < scenario.end; day += DAY) {
    const stored = await store.readDay(series, day);
    for (const candle of stored.candles) candles.set(candle.openTime, candle);
    for (const absence of stored.absences) absences.set(absence.openTime, absence);
  }
  const record = await store.findSeries(series);
  return { candles, absences, firstAvailable: record?.historyStart.firstAvailable ?? null };
}

async function readLake({ objects, decode }: Outcome) {
  const found = new Map<string, readonly LakeRow[]>();
  const problems: Problem[] = [];
  for (const { path } of await objects.list()) {
    try {
      found.set(path, await decode((await objects.read(path))!));
    } catch (error) {
      problems.push({ kind: 'wrong', detail: `${path} cannot be read: ${error}` });
    }
  }
  return { found, problems };
}
