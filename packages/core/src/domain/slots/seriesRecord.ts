import type { Candle, HistoryStart, HistoryStartAnswer, Series } from '../candle/candle.ts';
import { intervalMs } from '../time/interval.ts';
import type { EpochMs } from '../time/time.ts';
import {
  historyStartAfterRows,
  nextHistoryStart,
  type SeenRow,
  UNKNOWN_HISTORY_START,
} from './historyStart.ts';
import type { SeriesBounds } from './staleDays.ts';

/** The window of history that a start asked for, in days before it. */
export interface FillWindow {
  readonly days: number;
  /** 00:00 UTC of its first day. */
  readonly from: EpochMs;
}

/** What the store records of a series, besides its slots. */
export interface SeriesRecord extends Series {
  /** Open time of the oldest candle ever stored; null before the first. */
  readonly firstSlot: EpochMs | null;
  /**
   * When the first candle was seen, in exchange time; null before it, and in the record of an older store.
   */
  readonly keptSince: EpochMs | null;
  /** Open time of the slot in which the contract was launched; null while unknown. */
  readonly launchTime: EpochMs | null;
  readonly pricePrecision: number | null;
  readonly historyStart: HistoryStart;
  /** Null before history is filled for the first time. */
  readonly fillWindow: FillWindow | null;
}

/** Facts about a series from elsewhere than its candles. What is null or left out keeps its value. */
export type SeriesFacts = Partial<Pick<SeriesRecord, 'launchTime' | 'pricePrecision' | 'fillWindow'>>;

/**
 * The key of a series. Keys sort by market, symbol, interval, because a space sorts before every character of
 * a name.
 */
export function seriesKey({ market, symbol, interval }: Series): string {
  return `${market} ${symbol} ${interval}`;
}

/** The record of a series before anything is known of it. */
export function newRecord({ market, symbol, interval }: Series): SeriesRecord {
  const candles = { firstSlot: null, keptSince: null };
  const facts = { launchTime: null, pricePrecision: null, fillWindow: null };
  return { market, symbol, interval, ...candles, ...facts, historyStart: UNKNOWN_HISTORY_START };
}

/** The record with new facts. The same object if nothing changed. */
export function describedRecord(record: SeriesRecord, facts: SeriesFacts): SeriesRecord {
  const launchTime = facts.launchTime ?? record.launchTime;
  const pricePrecision = facts.pricePrecision ?? record.pricePrecision;
  const fillWindow = facts.fillWindow ?? record.fillWindow;
  const isSame =
    launchTime === record.launchTime &&
    pricePrecision === record.pricePrecision &&
    fillWindow?.days === record.fillWindow?.days &&
    fillWindow?.from === record.fillWindow?.from;
  return isSame ? record : { ...record, launchTime, pricePrecision, fillWindow };
}

export interface RecordNews {
  /** Slots into which candles are written. */
  readonly opened: Iterable<EpochMs>;
  /** The candles among the facts. */
  readonly candles: Iterable<Pick<Candle, 'openTime' | 'observed'>>;
  /** The rows of history among the facts. */
  readonly rows: Iterable<SeenRow>;
  /** Answers of history about its beginning, in order. */
  readonly answers: Iterable<HistoryStartAnswer>;
}

/** The record after a write. The same object if nothing changed. */
export function mergedRecord(record: SeriesRecord, news: RecordNews): SeriesRecord {
  let { firstSlot, historyStart } = record;
  const keptSince = earliestSeen(record, news.candles);
  for (const openTime of news.opened) firstSlot = Math.min(firstSlot ?? openTime, openTime);
  historyStart = historyStartAfterRows(historyStart, news.rows);
  for (const answer of news.answers) historyStart = nextHistoryStart(historyStart, answer);
  const isSame =
    firstSlot === record.firstSlot && keptSince === record.keptSince && historyStart === record.historyStart;
  return isSame ? record : { ...record, firstSlot, keptSince, historyStart };
}

/**
 * When the first candle was seen. One of the stream does not tell it: that was at its close or later. It
 * stays null in the record of an older store.
 */
function earliestSeen(
  { keptSince, firstSlot, interval }: SeriesRecord,
  candles: RecordNews['candles'],
): EpochMs | null {
  if (keptSince === null && firstSlot !== null) return null;
  let earliest = keptSince;
  for (const { openTime, observed } of candles) {
    const seen = observed || openTime + intervalMs(interval);
    earliest = Math.min(earliest ?? seen, seen);
  }
  return earliest;
}

/** The parts of a record that {@link SeriesBounds} are made of. */
export function boundsOf({ firstSlot, launchTime, historyStart }: SeriesRecord): SeriesBounds {
  return { firstSlot, launchTime, firstAvailable: historyStart.firstAvailable };
}

/** The first slot of all series; null while no series has a candle. */
export function earliestSlot(records: Iterable<SeriesRecord>): EpochMs | null {
  let earliest: EpochMs | null = null;
  for (const { firstSlot } of records) {
    if (firstSlot !== null) earliest = Math.min(earliest ?? firstSlot, firstSlot);
  }
  return earliest;
}
