import { gunzipSync, gzipSync } from 'node:zlib';
import { type CandleUpdate, Closer, type MarketStreamEvent, MINUTE_MS } from '@candlelake/core';
import { inflate } from '@candlelake/node';
import { createReceiver } from '../packages/core/src/bingx/receiver.ts';
import { Subscriptions } from '../packages/core/src/bingx/subscriptions.ts';
import { exchangeClockOf } from '../tests/support/exchangeClock.ts';
import { createSeededRandom } from '../tests/support/seededRandom.ts';
import type { BenchResult } from './result.ts';

const FRAMES = 100_000;
const SYMBOLS = 200;
const CANDLES = 5;
export const START = Date.UTC(2026, 10, 22);
const CHUNKS = 100;
const ROUNDS = 5;

/**
 * The receive path on frames as recorded, against a bare loop of gunzip and JSON.parse on the same frames, in
 * one process and alternately.
 */
export async function run(): Promise<BenchResult> {
  const symbols = Array.from({ length: SYMBOLS }, (_, index) => `COIN${index}-USDT`);
  const frames = market(symbols);
  const best = {
    bare: new Float64Array(CHUNKS).fill(Infinity),
    ours: new Float64Array(CHUNKS).fill(Infinity),
  };
  for (let round = 0; round < ROUNDS; round++) {
    const receivePath = createReceivePath(symbols);
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const part = frames.slice((chunk * FRAMES) / CHUNKS, ((chunk + 1) * FRAMES) / CHUNKS);
      best.bare[chunk] = Math.min(
        best.bare[chunk]!,
        timed(() => bareLoop(part)),
      );
      best.ours[chunk] = Math.min(
        best.ours[chunk]!,
        timed(() => receivePath.take(part)),
      );
    }
    expectCount(receivePath.closed(), SYMBOLS * (CANDLES - 1));
  }
  const bare = sum(best.bare);
  const ours = sum(best.ours);
  return {
    name: 'receive: gunzip, parse, close detection',
    aim: 'at least 0.9 times the frames per second of a bare gunzip and JSON.parse loop',
    rows: [
      { label: 'bare gunzip and JSON.parse', value: (bare / FRAMES) * 1_000, unit: 'µs per frame' },
      { label: 'candlelake', ratio: ours / bare, value: (ours / FRAMES) * 1_000, unit: 'µs per frame' },
      { label: 'candlelake, frames per second of the bare loop', value: bare / ours, unit: 'x' },
    ],
    note:
      `${FRAMES} frames, ${SYMBOLS} symbols; interleaved in ${CHUNKS} parts, best of ${ROUNDS} each; ` +
      'every value checked and made canonical, candles closed',
  };
}

export interface Frame {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Frames of a random walk for each symbol, interleaved; decimals as in the recorded frames of BTC-USDT. */
export function market(symbols: readonly string[]): readonly Frame[] {
  const random = createSeededRandom(21);
  const ticks = symbols.map(() => ({ open: 0, high: 0, low: 0, close: 1_102_676, volume: 0, T: 0 }));
  return Array.from({ length: FRAMES }, (_, index) => {
    const at = START + Math.floor((index / FRAMES) * CANDLES * MINUTE_MS);
    const symbol = symbols[index % symbols.length]!;
    const tick = ticks[index % symbols.length]!;
    const T = at - (at % MINUTE_MS);
    if (T !== tick.T) {
      Object.assign(tick, { T, open: tick.close, high: tick.close, low: tick.close, volume: 0 });
    }
    tick.close += Math.round((random() - 0.5) * 40);
    tick.high = Math.max(tick.high, tick.close);
    tick.low = Math.min(tick.low, tick.close);
    tick.volume += Math.floor(random() * 400);
    const price = (value: number) => (value / 10).toFixed(1);
    const data = [
      {
        c: price(tick.close),
        o: price(tick.open),
        h: price(tick.high),
        l: price(tick.low),
        v: (tick.volume / 10_000).toFixed(4),
        T,
      },
    ];
    const text = JSON.stringify({ code: 0, dataType: `${symbol}@kline_1m`, s: symbol, data });
    return { bytes: gzipSync(text), at };
  });
}

function bareLoop(frames: readonly Frame[]): void {
  let seen = 0;
  for (const { bytes } of frames) {
    const frame = JSON.parse(gunzipSync(bytes, { chunkSize: 1024 }).toString());
    seen += frame.data.length;
  }
  expectCount(seen, frames.length);
}

/** The code that takes frames in the program; `onUpdate` is called with each update. */
export function createReceivePath(
  symbols: readonly string[],
  onUpdate: (update: CandleUpdate) => void = () => {},
) {
  const closer = new Closer('1m');
  let now = START;
  let closed = 0;
  const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
  const emit = (event: MarketStreamEvent) => {
    if (event.kind === 'update') {
      closed += closer.update(event.update, event.connection, event.receivedAt).length;
      onUpdate(event.update);
    }
  };
  const shared = { connection: 1, market: 'swap', interval: '1m', emit, send: () => {} } as const;
  const subscribing = { symbols, clock, report: () => {}, random: () => 0, rejected: new Map() };
  const subscriptions = new Subscriptions({ ...shared, ...subscribing });
  for (const symbol of symbols)
    subscriptions.answered({ kind: 'answer', id: null, symbol, code: 0, message: '' });
  const refuse = (kind: string) => {
    throw new Error(`a good frame was refused: ${kind}`);
  };
  const receive = createReceiver({
    ...shared,
    subscriptions,
    inflate,
    exchangeClock: exchangeClockOf(clock),
    refuse,
  });
  const take = (frames: readonly Frame[]) => {
    for (const { bytes, at } of frames) {
      now = at;
      receive(bytes);
    }
  };
  return { take, closed: () => closed };
}

function expectCount(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`counted ${actual}, expected ${expected}`);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
