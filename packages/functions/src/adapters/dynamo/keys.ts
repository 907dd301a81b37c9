import { type EpochMs, formatDate, type Series, seriesKey } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { ItemKey } from './table.ts';

/** Digits of the largest epoch ms that a Date can hold: texts padded to this length sort like the numbers. */
const INSTANT_DIGITS = 16;

/** Follow the open time in the sort keys of other records than candles: all of a slot sort side by side. */
const ABSENCE_SUFFIX = '#absence';
const UNREADABLE_SUFFIX = '#unreadable';

/** The partition of what is stored of a series' slots of one UTC day. */
export function dayPartition({ market, symbol, interval }: Series, day: EpochMs): string {
  return `${PARTITIONS.candles}${market}#${interval}#${formatDate(day)}#${symbol}`;
}

/** An instant as a sort key. */
export function instantSort(time: EpochMs): string {
  return String(time).padStart(INSTANT_DIGITS, '0');
}

/** The range of sort keys of the slots from one open time to another, both included. */
export function slotRange(first: EpochMs, last: EpochMs): { readonly from: string; readonly to: string } {
  return { from: instantSort(first), to: unreadableSort(last) };
}

/** The sort key of an absence. */
export function absenceSort(openTime: EpochMs): string {
  return instantSort(openTime) + ABSENCE_SUFFIX;
}

/** The sort key of an unreadable row. It is the last one of a slot. */
export function unreadableSort(openTime: EpochMs): string {
  return instantSort(openTime) + UNREADABLE_SUFFIX;
}

/** Whether a sort key is that of an unreadable row. */
export function isUnreadableSort(sort: string): boolean {
  return sort.endsWith(UNREADABLE_SUFFIX);
}

/** The open time in the sort key of any record of a slot. */
export function openTimeOf(sort: string): EpochMs {
  return Number(sort.slice(0, INSTANT_DIGITS));
}

/** The item of a series. */
export function seriesItem(series: Series): ItemKey {
  return { partition: PARTITIONS.series, sort: seriesKey(series) };
}

/** The partition of a series' log of replaced finals. */
export function revisionPartition(series: Series): string {
  return PARTITIONS.revisions + seriesKey(series);
}

/** The mark of a day. */
export function markItem(day: EpochMs): ItemKey {
  return { partition: PARTITIONS.marks, sort: formatDate(day) };
}

/** The partition of the checkpoints of one timeframe and day. `epoch` is the number of the settings. */
export function checkpointPartition(epoch: number, timeframeMinutes: number, day: EpochMs): string {
  return `${PARTITIONS.checkpoints}${epoch}#${timeframeMinutes}m#${formatDate(day)}`;
}

/** The partition of a series' coverage, sorted by day. `epoch` is the number of the settings. */
export function coveragePartition(epoch: number, series: Series): string {
  return `${PARTITIONS.coverage}${epoch}#${seriesKey(series)}`;
}

/** The item of a day's objects. `epoch` is the number of the settings. */
export function objectsItem(epoch: number, day: EpochMs): ItemKey {
  return { partition: `${PARTITIONS.objects}${epoch}`, sort: formatDate(day) };
}

/** The item with the settings and the watermark. */
export const LAKE_ITEM: ItemKey = { partition: PARTITIONS.lake, sort: 'lake' };
