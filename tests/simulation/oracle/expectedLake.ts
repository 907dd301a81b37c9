/**
 * What the lake has to hold, worked out from what is true of each slot: no function of the derivation, of the
 * stores or of the repair is used, and the laws are restated literally in tests/core/domain/literalLaws.ts.
 */
import type { Candle, Periods } from '@candlelake/core';
import {
  type LiteralBar,
  type LiteralIndicators,
  literalBars,
  literalIndicators,
} from '../../core/domain/literalLaws.ts';
import type { LakeRow } from '../machine/rowEncoder.ts';
import { isConfirmed, type SymbolTruth } from './truth.ts';

const DAY = 86_400_000;

export interface OracleOptions {
  readonly intervalMs: number;
  readonly intervalName: string;
  /** Slots that close by then are in the lake. */
  readonly asOf: number;
  readonly timeframes: readonly number[];
  readonly periods: Periods;
}

/** The rows of every object by its path, each table sorted as in the lake. */
export function expectedLake(
  truths: ReadonlyMap<string, SymbolTruth>,
  options: OracleOptions,
): ReadonlyMap<string, readonly LakeRow[]> {
  const objects = new Map<string, LakeRow[]>();
  for (const [symbol, truth] of [...truths].sort(([one], [other]) => (one < other ? -1 : 1))) {
    for (const [path, rows] of expectedOfSymbol(options, symbol, truth)) {
      if (rows.length > 0) objects.set(path, [...(objects.get(path) ?? []), ...rows]);
    }
  }
  return objects;
}

type ExpectedObject = readonly [path: string, rows: readonly LakeRow[]];

function expectedOfSymbol(options: OracleOptions, symbol: string, truth: SymbolTruth): ExpectedObject[] {
  const firstSlot = truth.candles[0]?.openTime;
  if (firstSlot === undefined) return [];
  const { asOf, timeframes, intervalName, intervalMs } = options;
  const found: ExpectedObject[] = [];
  const bars = timeframes.map((minutes) => createBars(options, symbol, minutes));
  for (let day = Math.floor(firstSlot / DAY) * DAY; day < asOf; day += DAY) {
    const literalDay = { slotMs: intervalMs, asOf, ...factsOfDay(truth, day) };
    const date = new Date(day).toISOString().slice(0, 10);
    const folder = (table: string) => `${table}/interval=${intervalName}/date=${date}`;
    found.push([
      `${folder('candles')}/candles.parquet`,
      literalDay.candles.map((candle) => candleRow(options, symbol, candle, literalDay)),
    ]);
    found.push([`${folder('coverage')}/coverage.parquet`, [coverageRow(options, symbol, literalDay)]]);
    for (const next of bars) found.push(next(literalDay, date));
  }
  return found;
}

function factsOfDay({ candles, absences, launchTime, firstAvailable }: SymbolTruth, day: number) {
  const isInDay = ({ openTime }: { readonly openTime: number }) => openTime >= day && openTime < day + DAY;
  return {
    ...{ day, launchTime, firstAvailable },
    candles: candles.filter(isInDay),
    absences: absences.filter(isInDay),
  };
}

type LiteralFacts = Parameters<typeof literalBars>[0];

/** Returns the bars of one day after the other. */
function createBars(
  { periods }: OracleOptions,
  symbol: string,
  minutes: number,
): (day: LiteralFacts, date: string) => ExpectedObject {
  const before: ReturnType<typeof simpleBar>[] = [];
  let isOutage = false;
  return (day, date) => {
    const { bars, endsInOutage } = literalBars(day, minutes);
    const rows = bars.map((bar, index) => {
      before.push(simpleBar(index === 0 && isOutage ? { ...bar, afterOutage: true } : bar));
      return barRow(symbol, bar, literalIndicators(before, periods));
    });
    if (bars.length > 0 || endsInOutage) isOutage = endsInOutage;
    return [`bars/timeframe=${minutes}m/date=${date}/bars.parquet`, rows];
  };
}

function candleRow(
  { intervalMs }: OracleOptions,
  symbol: string,
  { openTime, open, high, low, close, volume, status, source }: Candle,
  { absences, firstAvailable }: LiteralFacts,
): LakeRow {
  const isShownEmpty = absences.some((absence) => absence.openTime === openTime && isConfirmed(absence));
  const isBeforeHistory = firstAvailable !== null && openTime < firstAvailable;
  return {
    market: 'swap',
    symbol,
    open_time: openTime,
    close_time: openTime + intervalMs,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
    status: status === 'provisional' && !isShownEmpty && !isBeforeHistory ? 'provisional' : 'final',
    source,
  };
}

function coverageRow({ intervalMs, asOf }: OracleOptions, symbol: string, literalDay: LiteralFacts): LakeRow {
  const { day, candles, absences, launchTime, firstAvailable } = literalDay;
  const counts = { expected: 0, final: 0, provisional: 0, quiet: 0, unavailable: 0, missing: 0 };
  let firstMissing: number | null = null;
  const stored = new Map(candles.map((candle) => [candle.openTime, candle]));
  const quiet = new Set(absences.filter(isConfirmed).map(({ openTime }) => openTime));
  for (let openTime = day; openTime < day + DAY && openTime + intervalMs <= asOf; openTime += intervalMs) {
    const candle = stored.get(openTime);
    if (!candle && launchTime !== null && openTime < launchTime) continue;
    counts.expected += 1;
    const isQuiet = quiet.has(openTime);
    const isBeforeHistory = firstAvailable !== null && openTime < firstAvailable;
    const isOpen = candle?.status === 'provisional' && !isQuiet && !isBeforeHistory;
    if (candle) counts[isOpen ? 'provisional' : 'final'] += 1;
    else if (isQuiet) counts.quiet += 1;
    else if (isBeforeHistory) counts.unavailable += 1;
    else {
      counts.missing += 1;
      firstMissing ??= openTime;
    }
  }
  return { market: 'swap', symbol, ...counts, first_missing: firstMissing };
}

function barRow(symbol: string, bar: LiteralBar, indicators: LiteralIndicators): LakeRow {
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

/** The books write volumes with two digits: whole hundredths sum exactly, and one division rounds. */
function exactVolume(volumes: readonly string[]): number {
  return volumes.reduce((sum, text) => sum + Math.round(Number(text) * 100), 0) / 100;
}
