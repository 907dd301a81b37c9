/**
 * What the lake has to hold once everything is settled, worked out from the exchange's books alone: no function of the derivation, of the stores or of
 * the repair is used, and the laws are restated literally in tests/core/domain/literalLaws.ts.
 */
import type { Absence, Candle, Periods } from '@candlelake/core';
import {
  type LiteralBar,
  type LiteralIndicators,
  literalBars,
  literalIndicators,
} from '../core/domain/literalLaws.ts';
import type { Book } from './books.ts';
import type { LakeRow } from './rowEncoder.ts';

const DAY = 86_400_000;

export interface OracleOptions {
  readonly books: readonly Book[];
  readonly intervalMs: number;
  readonly intervalName: string;
  /** Start of the first UTC day of the window. */
  readonly from: number;
  /** Slots that close by then are in the lake. */
  readonly asOf: number;
  readonly timeframes: readonly number[];
  readonly periods: Periods;
}

/** The rows of every object by its path, each table sorted as in the lake. */
export function expectedLake(options: OracleOptions): ReadonlyMap<string, readonly LakeRow[]> {
  const objects = new Map<string, LakeRow[]>();
  const books = [...options.books].sort((one, other) => (one.symbol < other.symbol ? -1 : 1));
  for (const book of books) {
    for (const [path, rows] of expectedOfSymbol(options, book)) {
      if (rows.length > 0) objects.set(path, [...(objects.get(path) ?? []), ...rows]);
    }
  }
  return objects;
}

interface SymbolTruth {
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
  readonly launchTime: number;
  readonly firstAvailable: number | null;
}

function expectedOfSymbol(options: OracleOptions, book: Book): readonly (readonly [string, LakeRow[]])[] {
  const { asOf, timeframes, intervalName } = options;
  const truth = truthOf(options, book);
  const firstSlot = truth.candles[0]?.openTime;
  if (firstSlot === undefined) return [];
  const found: (readonly [string, LakeRow[]])[] = [];
  const barsSoFar = new Map<number, LiteralBar[]>(timeframes.map((minutes) => [minutes, []]));
  const outages = new Map<number, boolean>();
  for (let day = Math.floor(firstSlot / DAY) * DAY; day < asOf; day += DAY) {
    const literalDay = literalDayOf(options, truth, day);
    const date = new Date(day).toISOString().slice(0, 10);
    found.push([
      `candles/interval=${intervalName}/date=${date}/candles.parquet`,
      candleRows(options, book, literalDay.candles),
    ]);
    found.push([
      `coverage/interval=${intervalName}/date=${date}/coverage.parquet`,
      [coverageRow(options, book, { ...truth, day })],
    ]);
    for (const minutes of timeframes) {
      const { bars, endsInOutage } = literalBars(literalDay, minutes);
      const first = bars[0];
      const fresh =
        first && outages.get(minutes) ? [{ ...first, afterOutage: true }, ...bars.slice(1)] : bars;
      if (bars.length > 0 || endsInOutage) outages.set(minutes, endsInOutage);
      const all = barsSoFar.get(minutes)!;
      const rows = fresh.map((bar) => {
        all.push(bar);
        return barRow(book, bar, literalIndicators(all.map(simpleBar), options.periods));
      });
      found.push([`bars/timeframe=${minutes}m/date=${date}/bars.parquet`, rows]);
    }
  }
  return found;
}

/** A final candle of history for each slot of which the exchange has a row, a confirmed absence for each that it lacks. */
function truthOf({ intervalMs, from, asOf }: OracleOptions, book: Book): SymbolTruth {
  const begin = Math.max(from, Math.ceil(book.launchTime / intervalMs) * intervalMs);
  const candles: Candle[] = [];
  const absences: Absence[] = [];
  for (let openTime = begin; openTime + intervalMs <= asOf; openTime += intervalMs) {
    const values = openTime >= book.retentionStart ? book.finalValues(openTime) : null;
    if (values)
      candles.push({
        openTime,
        ...trimmed(values),
        status: 'final',
        source: 'history',
        observed: asOf,
      } as Candle);
    else absences.push({ openTime, firstRead: asOf - DAY, lastRead: asOf });
  }
  const first = candles[0]?.openTime ?? asOf;
  const isCut = book.retentionStart > begin;
  return {
    candles,
    absences: isCut ? absences.filter(({ openTime }) => openTime > first) : absences,
    launchTime: book.launchTime,
    firstAvailable: isCut ? first : null,
  };
}

function literalDayOf({ intervalMs, asOf }: OracleOptions, truth: SymbolTruth, day: number) {
  const isInDay = ({ openTime }: { readonly openTime: number }) => openTime >= day && openTime < day + DAY;
  return {
    slotMs: intervalMs,
    day,
    candles: truth.candles.filter(isInDay),
    absences: truth.absences.filter(isInDay),
    launchTime: truth.launchTime,
    firstAvailable: truth.firstAvailable,
    asOf,
  };
}

function candleRows({ intervalMs }: OracleOptions, { symbol }: Book, candles: readonly Candle[]): LakeRow[] {
  return candles.map(({ openTime, open, high, low, close, volume }) => ({
    market: 'swap',
    symbol,
    open_time: openTime,
    close_time: openTime + intervalMs,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
    status: 'final',
    source: 'history',
  }));
}

function coverageRow(
  { intervalMs, asOf }: OracleOptions,
  { symbol }: Book,
  { candles, absences, launchTime, firstAvailable, day }: SymbolTruth & { readonly day: number },
): LakeRow {
  const isInDay = ({ openTime }: { readonly openTime: number }) => openTime >= day && openTime < day + DAY;
  const counts = { expected: 0, final: 0, provisional: 0, quiet: 0, unavailable: 0, missing: 0 };
  let firstMissing: number | null = null;
  const finals = new Set(candles.filter(isInDay).map(({ openTime }) => openTime));
  const quiet = new Set(absences.filter(isInDay).map(({ openTime }) => openTime));
  for (let openTime = day; openTime < day + DAY && openTime + intervalMs <= asOf; openTime += intervalMs) {
    if (openTime < launchTime) continue;
    counts.expected += 1;
    if (finals.has(openTime)) counts.final += 1;
    else if (quiet.has(openTime)) counts.quiet += 1;
    else if (firstAvailable !== null && openTime < firstAvailable) counts.unavailable += 1;
    else {
      counts.missing += 1;
      firstMissing ??= openTime;
    }
  }
  return { market: 'swap', symbol, ...counts, first_missing: firstMissing };
}

function barRow({ symbol }: Book, bar: LiteralBar, indicators: LiteralIndicators): LakeRow {
  return {
    market: 'swap',
    symbol,
    bar_index: bar.index,
    open_time: bar.openTime,
    close_time: bar.closeTime,
    ...simpleValues(bar),
    volume: exactVolume(bar.volumes),
    candle_count: bar.candleCount,
    expected_count: bar.expectedCount,
    status: bar.status,
    ma_short: indicators.maShort,
    ma_long: indicators.maLong,
    ma_cross: indicators.maCross,
    trend: indicators.trend,
    tr: indicators.tr,
    atr: indicators.atr,
    atr_percent: indicators.atrPercent,
  };
}

function simpleValues({ open, high, low, close }: LiteralBar) {
  return { open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
}

function simpleBar(bar: LiteralBar) {
  return { ...simpleValues(bar), status: bar.status, afterOutage: bar.afterOutage } as Parameters<
    typeof literalIndicators
  >[0][number];
}

/** The books write volumes with two digits: whole hundredths sum exactly, and one division rounds to the nearest double. */
function exactVolume(volumes: readonly string[]): number {
  const hundredths = volumes.reduce((sum, text) => sum + Math.round(Number(text) * 100), 0);
  return hundredths / 100;
}

/** Decimal texts as the store keeps them: without zeros behind the last digit. */
function trimmed<T extends object>(values: T): T {
  const texts = Object.entries(values).map(([name, text]) => [name, String(Number(text))]);
  return Object.fromEntries(texts) as T;
}
