import type { EpochMs } from '@candlelake/core';
import { type Faults, isInHole, isStale, NO_FAULTS } from './faults.ts';
import type { Instrument } from './instrument.ts';
import { type ShownCandle, shownAt, startOf } from './view.ts';

/** A row as history writes it: texts, keys in recorded order, `time` the open time. */
export interface KlineRow {
  readonly open: string;
  readonly close: string;
  readonly high: string;
  readonly low: string;
  readonly volume: string;
  readonly time: number;
}

export interface RowsRequest {
  readonly instrument: Instrument;
  readonly intervalMs: number;
  /** Open times in [from, to); each bound may be left out. */
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  readonly now: EpochMs;
  readonly faults?: Faults;
  /** Leave out the newest row that there would be at `now`, as a replica does that lags. */
  readonly withoutNewest?: boolean;
}

/**
 * History's rows, newest first: of a range with more than `limit` rows the newest stay (dossier 1.1, TE). The candle that is
 * still open at `now` is among them. Pure.
 */
export function rowsOf(request: RowsRequest): readonly ShownCandle[] {
  const { instrument, intervalMs, now, faults = NO_FAULTS } = request;
  const limit = Math.min(request.limit, faults.maxRows);
  const oldest = Math.max(request.from ?? 0, startOf(instrument.from, intervalMs), faults.historyFrom ?? 0);
  const end = Math.min(request.to ?? Infinity, instrument.to, now + 1);
  const rows: ShownCandle[] = [];
  for (
    let openTime = lastBefore(end, intervalMs);
    openTime >= oldest && rows.length < limit;
    openTime -= intervalMs
  ) {
    const row = historyRow(instrument, intervalMs, openTime, now, faults);
    if (row) rows.push(row);
  }
  return request.withoutNewest && isNewest(rows[0], request) ? rows.slice(1) : rows;
}

/** What history shows of one slot at `now`, faults included. Pure. */
function historyRow(
  instrument: Instrument,
  intervalMs: number,
  openTime: EpochMs,
  now: EpochMs,
  faults: Faults,
): ShownCandle | null {
  const { symbol } = instrument;
  const closeTime = openTime + intervalMs;
  if (isInHole(faults, 'history', { symbol, openTime })) return null;
  const stale = closeTime <= now && isStale(faults, { symbol, openTime, closeTime }, now);
  // A stale view is the one of a moment before the close; earlier ones differ more than the last.
  return shownAt(instrument, intervalMs, openTime, stale ? closeTime - Math.ceil(intervalMs / 10) : now);
}

function isNewest(row: ShownCandle | undefined, request: RowsRequest): boolean {
  if (!row) return false;
  // Two intervals: when the open candle has no trade yet, the newest row is the one before it.
  return row.openTime + 2 * request.intervalMs > request.now;
}

function lastBefore(end: EpochMs, intervalMs: number): EpochMs {
  return (Math.ceil(end / intervalMs) - 1) * intervalMs;
}
