import { gzipSync } from 'node:zlib';
import { decimalsOf, formatUnits } from './decimals.ts';
import type { Exchange } from './exchange.ts';
import type { BadValue, BadValues, GarbageKind } from './faultParts.ts';
import { gzipFrame, type StreamValues } from './frames.ts';
import type { KlineRow } from './rows.ts';
import { badValueOf, type Slot } from './slotFaults.ts';

/** The keys of a candle's parts in a row or a frame. */
interface Names {
  readonly open: string;
  readonly low: string;
  readonly high: string;
  readonly close: string;
  readonly volume: string;
  readonly time: string;
}

const ROW_NAMES: Names = {
  open: 'open',
  low: 'low',
  high: 'high',
  close: 'close',
  volume: 'volume',
  time: 'time',
};
const FRAME_NAMES: Names = { open: 'o', low: 'l', high: 'h', close: 'c', volume: 'v', time: 'T' };

/** On the grid, and too far ahead for a clock difference. */
const FUTURE_INTERVALS = 1000;
/** Off every grid, and not the last millisecond of an interval. */
const OFF_GRID_MS = 1234;
const SECOND_MS = 1000;
/** Unpacked size of a bomb; about 65 kB on the wire. */
const BOMB_BYTES = 64 * 1024 * 1024;
const HUGE_FRAME_BYTES = 4 * 1024 * 1024;

/** History's rows with the bad values of the faults. */
export function spoilRows(
  exchange: Exchange,
  symbol: string,
  rows: readonly KlineRow[],
  intervalMs: number,
): readonly unknown[] {
  const { faults } = exchange;
  if (!faults.badRows && faults.badSlots.length === 0) return rows;
  return rows.flatMap<unknown>((row) => {
    const fixed = badValueOf(faults, 'history', { symbol, openTime: row.time });
    if (fixed) return [withBadValue(fixed, row, ROW_NAMES, intervalMs)];
    const kind = drawBadValue(exchange, faults.badRows);
    if (!kind) return [row];
    const bad = withBadValue(kind, row, ROW_NAMES, intervalMs);
    return faults.badRows?.instead ? [bad] : [bad, row];
  });
}

/**
 * The bad version of one frame, sent in place of the good one or before it; null when no fault hits this
 * frame.
 */
export function spoilFrame(
  exchange: Exchange,
  slot: Slot,
  values: StreamValues,
  intervalMs: number,
): { readonly kind: BadValue; readonly values: unknown; readonly instead: boolean } | null {
  const { faults } = exchange;
  const fixed = badValueOf(faults, 'stream', slot);
  const kind = fixed ?? drawBadValue(exchange, faults.badFrames);
  if (!kind) return null;
  const instead = fixed !== null || faults.badFrames?.instead === true;
  return { kind, values: withBadValue(kind, values, FRAME_NAMES, intervalMs), instead };
}

/** Garbage to send in addition to a frame; null when no fault hits this frame. */
export function drawGarbage(exchange: Exchange): Buffer | string | null {
  const { garbage } = exchange.faults;
  if (!garbage || exchange.random() >= garbage.share) return null;
  return garbageFrame(pick(exchange, garbage.kinds));
}

/** A frame of that kind of garbage. */
export function garbageFrame(kind: GarbageKind): Buffer | string {
  switch (kind) {
    case 'notGzip':
      return Buffer.from([0x00, 0xff, 0x13, 0x37, 0x1f, 0x8b]);
    case 'cutGzip':
      return gzipFrame('{"code":0,"dataType":"BTC-USDT@kline_1m"}', 'deflate').subarray(0, 20);
    case 'notJson':
      return gzipFrame('{"code":0,"dataType":"BTC-USDT@kl', 'deflate');
    case 'null':
      return gzipFrame('null', 'deflate');
    case 'array':
      return gzipFrame('[[1]]', 'deflate');
    case 'object':
      return gzipFrame('{}', 'deflate');
    case 'empty':
      return Buffer.alloc(0);
    case 'bomb':
      bomb ??= gzipSync(Buffer.alloc(BOMB_BYTES));
      return bomb;
    case 'huge':
      return 'x'.repeat(HUGE_FRAME_BYTES);
  }
}

let bomb: Buffer | undefined;

function drawBadValue(exchange: Exchange, values: BadValues | null): BadValue | null {
  return values && exchange.random() < values.share ? pick(exchange, values.kinds) : null;
}

function pick<T>(exchange: Exchange, choices: readonly T[]): T {
  return choices[Math.floor(exchange.random() * choices.length)]!;
}

function withBadValue(
  kind: BadValue,
  good: KlineRow | StreamValues,
  names: Names,
  intervalMs: number,
): unknown {
  const record: Record<string, unknown> = { ...good };
  const time = Number(record[names.time]);
  switch (kind) {
    case 'wrongType':
      return { ...record, [names.close]: { value: record[names.close] } };
    case 'null':
      return { ...record, [names.close]: null };
    case 'nan':
      return { ...record, [names.close]: 'NaN' };
    case 'infinite':
      return { ...record, [names.high]: '1e999' };
    case 'negative':
      return { ...record, [names.low]: `-${record[names.low]}` };
    case 'zero':
      return { ...record, [names.low]: '0' };
    case 'negativeVolume':
      return { ...record, [names.volume]: '-1.00' };
    case 'highBelowLow':
      return { ...record, [names.high]: String(Number(record[names.low]) / 2) };
    case 'openAboveHigh':
      return { ...record, [names.open]: oneTickAbove(String(record[names.high])) };
    case 'offGrid':
      return { ...record, [names.time]: time + OFF_GRID_MS };
    case 'oneSecondLate':
      return { ...record, [names.time]: time + SECOND_MS };
    case 'future':
      return { ...record, [names.time]: time + FUTURE_INTERVALS * intervalMs };
    case 'missingField':
      return Object.fromEntries(Object.entries(record).filter(([name]) => name !== names.volume));
    case 'foreignSymbol':
      return record;
  }
}

/** The price one unit of its last digit higher. */
function oneTickAbove(price: string): string {
  const decimals = decimalsOf(price);
  return formatUnits(Number(price.replace('.', '')) + 1, decimals);
}
