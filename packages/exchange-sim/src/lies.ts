import { gzipSync } from 'node:zlib';
import type { Exchange } from './exchange.ts';
import type { GarbageKind, Lie, Lies } from './faults.ts';
import { gzipFrame, type StreamValues } from './frames.ts';
import type { KlineRow } from './rows.ts';

/** How a record calls the parts of a candle. */
interface Names {
  readonly low: string;
  readonly high: string;
  readonly close: string;
  readonly volume: string;
  readonly time: string;
}

const ROW_NAMES: Names = { low: 'low', high: 'high', close: 'close', volume: 'volume', time: 'time' };
const FRAME_NAMES: Names = { low: 'l', high: 'h', close: 'c', volume: 'v', time: 'T' };

/** Far enough ahead to be no question of clocks, and on the grid. */
const FUTURE_INTERVALS = 1000;
/** Off every grid, and not the last millisecond of an interval either. */
const OFF_GRID_MS = 1234;
/** What a bomb unpacks to: 64 MB from some 65 kB. */
const BOMB_BYTES = 64 * 1024 * 1024;
const HUGE_FRAME_BYTES = 4 * 1024 * 1024;

/** History's rows with the lies that the faults ask for. */
export function lieInRows(
  exchange: Exchange,
  rows: readonly KlineRow[],
  intervalMs: number,
): readonly unknown[] {
  const lies = exchange.faults.restLies;
  if (!lies) return rows;
  return rows.flatMap<unknown>((row) => {
    const kind = drawLie(exchange, lies);
    if (!kind) return [row];
    const lie = falsify(kind, { ...row }, ROW_NAMES, intervalMs);
    return lies.instead ? [lie] : [lie, row];
  });
}

/** A lie about one frame; `instead` of it or beside it. Null when this frame is spared. */
export function lieInFrame(
  exchange: Exchange,
  values: StreamValues,
  intervalMs: number,
): { readonly kind: Lie; readonly values: unknown; readonly instead: boolean } | null {
  const lies = exchange.faults.streamLies;
  const kind = lies && drawLie(exchange, lies);
  if (!kind) return null;
  return { kind, values: falsify(kind, { ...values }, FRAME_NAMES, intervalMs), instead: lies.instead };
}

/** Garbage to send beside a frame; null when this one is spared. */
export function drawGarbage(exchange: Exchange): Buffer | string | null {
  const { garbage } = exchange.faults;
  if (!garbage || exchange.random() >= garbage.share) return null;
  return garbageFrame(pick(exchange, garbage.kinds));
}

/** One frame of a kind of garbage. */
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

function drawLie(exchange: Exchange, lies: Lies): Lie | null {
  return exchange.random() < lies.share ? pick(exchange, lies.kinds) : null;
}

function pick<T>(exchange: Exchange, choices: readonly T[]): T {
  return choices[Math.floor(exchange.random() * choices.length)]!;
}

function falsify(kind: Lie, record: Record<string, unknown>, names: Names, intervalMs: number): unknown {
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
    case 'offGrid':
      return { ...record, [names.time]: time + OFF_GRID_MS };
    case 'future':
      return { ...record, [names.time]: time + FUTURE_INTERVALS * intervalMs };
    case 'missingField':
      return Object.fromEntries(Object.entries(record).filter(([name]) => name !== names.volume));
    case 'foreignSymbol':
      return record;
  }
}
