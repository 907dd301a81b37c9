import type { EpochMs } from '@candlelake/core';
import type { Replica } from './faultParts.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import type { Instrument } from './instrument.ts';
import { isHidden, isMissingIn, isStale } from './slotFaults.ts';
import { type ShownCandle, shownAt, startOf } from './view.ts';

/** A row as history writes it: values as texts, keys in recorded order, `time` the open time. */
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
  /** How far before the epoch's grid the grid of open times begins, in ms; 0 when left out. */
  readonly gridMs?: number | undefined;
  readonly now: EpochMs;
  readonly faults?: Faults;
  /** The incomplete replica that answers; a complete server when left out. */
  readonly replica?: Replica | null;
  /** Leaves out the newest row, as a lagging replica does. */
  readonly withoutNewest?: boolean;
}

/**
 * History's rows, newest first, the candle that is open at `now` included. Of a range with more than `limit`
 * rows the newest are returned (docs/bingx.md trap 3). Pure.
 */
export function rowsOf(request: RowsRequest): readonly ShownCandle[] {
  const { instrument, intervalMs, now, faults = NO_FAULTS, gridMs = 0 } = request;
  const limit = Math.min(request.limit, faults.maxRows);
  const oldest = Math.max(request.from ?? 0, startOf(instrument.from, intervalMs), faults.historyFrom ?? 0);
  const end = Math.min(request.to ?? Infinity, instrument.to, now + 1);
  const rows: ShownCandle[] = [];
  for (
    let openTime = lastBefore(end + gridMs, intervalMs) - gridMs;
    openTime >= oldest && rows.length < limit;
    openTime -= intervalMs
  ) {
    const row = historyRow(request, openTime);
    if (row) rows.push(row);
  }
  return request.withoutNewest && isNewest(rows[0], request) ? rows.slice(1) : rows;
}

/** What history shows of one slot, faults included. */
function historyRow(request: RowsRequest, openTime: EpochMs): ShownCandle | null {
  const { instrument, intervalMs, now, faults = NO_FAULTS, replica } = request;
  const closeTime = openTime + intervalMs;
  const slot = { symbol: instrument.symbol, openTime, closeTime };
  if (isHidden(faults, 'history', slot)) return null;
  if (replica && isMissingIn(replica, slot, now)) return null;
  const stale = closeTime <= now && isStale(faults, slot, now);
  // The view of a tenth of the interval before the close: its volume is about a tenth short.
  return shownAt(instrument, intervalMs, openTime, stale ? closeTime - Math.ceil(intervalMs / 10) : now);
}

function isNewest(row: ShownCandle | undefined, request: RowsRequest): boolean {
  if (!row) return false;
  // Two intervals, because the open candle has no row before its first trade.
  return row.openTime + 2 * request.intervalMs > request.now;
}

function lastBefore(end: EpochMs, intervalMs: number): EpochMs {
  return (Math.ceil(end / intervalMs) - 1) * intervalMs;
}
