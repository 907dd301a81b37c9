import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Candle,
  createLakeWriter,
  DAY_MS,
  deriveMarkedDays,
  type LakeSettings,
  MINUTE_MS,
  startingStatus,
} from '@candlelake/core';
import { createApiThread } from '../packages/cli/src/adapters/apiThread.ts';
import { createFileObjects } from '../packages/cli/src/adapters/fileObjects.ts';
import { openSqliteStore } from '../packages/cli/src/adapters/sqliteStore.ts';
import { apiRoutes } from '../packages/cli/src/http/api.ts';
import { createApp } from '../packages/cli/src/http/app.ts';
import { LiveHub } from '../packages/cli/src/http/liveHub.ts';
import { startHttpServer } from '../packages/cli/src/http/server.ts';
import { encode } from '../tests/support/encoder.ts';
import { lakeSettings } from '../tests/support/lakeSettings.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import { walkCandles } from './randomWalk.ts';
import { createReceivePath, type Frame, market, START } from './receive.bench.ts';
import type { BenchResult } from './result.ts';

const YEARS = 2;
const SYMBOLS = ['AAA-USDT', 'BBB-USDT', 'CCC-USDT'];
const CLIENTS = 100;
const RECEIVED = Array.from({ length: 200 }, (_, index) => `COIN${index}-USDT`);
const FOLLOWED = RECEIVED.slice(0, 10);
const ROUNDS = 4;
const ROUND_MS = 2_000;

/** The first answer with bars of a long lake, and what clients of live bars cost the receive path. */
export async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-api-'));
  try {
    const answers = await timeAnswers(join(folder, 'years'));
    const { framesPerSecond, share } = await receiveRates(join(folder, 'live'));
    return {
      name: 'api: bars of a long lake, and live clients beside the receive path',
      aim: `${CLIENTS} clients leave the receive path 0.95 of its throughput; the first bars within a second`,
      rows: [
        ...answers,
        { label: 'receive path without clients', value: framesPerSecond, unit: 'frames per CPU second' },
        { label: `its throughput with ${CLIENTS} clients`, ratio: 1 - share },
      ],
      note:
        `${YEARS} years of 3m candles of ${SYMBOLS.length} symbols, bars of 21m; request and JSON included, ` +
        `best of ${ROUNDS}. The clients follow ${FOLLOWED.length} of ${RECEIVED.length} symbols; ` +
        'they cost the CPU time of the receiving thread beyond that of its frames, as a share of real time; ' +
        `median of ${ROUNDS} rounds of ${ROUND_MS / 1_000} s`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Server = Awaited<ReturnType<typeof serve>>;

/** The routes of the program on a store that is open in this process. */
async function serve(folder: string) {
  const thread = createApiThread({
    storePath: join(folder, 'candles.sqlite'),
    lakeRoot: join(folder, 'parquet'),
    market: 'swap',
  });
  const status = () => startingStatus(Date.now(), '0');
  const onFailure = (error: unknown) => {
    throw error;
  };
  const hub = new LiveHub({
    look: (looks) => thread.call('look', looks),
    forget: () => {},
    ...{ status, onFailure, now: () => START, runId: 'bench' },
  });
  const reading = () => ({ thread, hub, kept: () => ({}) });
  const app = createApp({
    health: () => ({ status: 'unhealthy', reason: 'starting' }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    parts: [apiRoutes({ reading, status, version: '0', onFailure })],
  });
  const server = await startHttpServer(app, { host: '127.0.0.1', port: 0 });
  const close = async () => {
    hub.close();
    server.close();
    await thread.stop();
  };
  return { url: server.url, hub, close };
}

async function timeAnswers(folder: string): Promise<BenchResult['rows']> {
  const candles = textCandles(YEARS * 365);
  const close = await fill(folder, lakeSettings(), SYMBOLS, candles);
  const newest = {
    first: Number.POSITIVE_INFINITY,
    again: Number.POSITIVE_INFINITY,
    most: Number.POSITIVE_INFINITY,
  };
  for (let round = 0; round < ROUNDS; round++) {
    const server = await serve(folder);
    const timed = async (query: string) => {
      const start = performance.now();
      const answer = await fetch(`${server.url}/api/bars?symbol=AAA-USDT${query}`);
      await answer.json();
      return performance.now() - start;
    };
    newest.first = Math.min(newest.first, await timed(''));
    newest.again = Math.min(newest.again, await timed(''));
    newest.most = Math.min(newest.most, await timed('&limit=5000'));
    await server.close();
  }
  close();
  return [
    { label: 'first answer, 500 bars: the thread starts with it', value: newest.first, unit: 'ms' },
    { label: '500 bars once more', value: newest.again, unit: 'ms' },
    { label: '5000 bars', value: newest.most, unit: 'ms' },
  ];
}

interface Taken {
  readonly frames: number;
  /** CPU time of this thread, and real time, in ms. */
  readonly cpuMs: number;
  readonly realMs: number;
}

/** Frames per CPU second without clients, and the share of a core that clients take of the receiving thread. */
async function receiveRates(folder: string) {
  const last = Array.from({ length: 1_440 }, (_, minute) => candleAt(START - DAY_MS + minute * MINUTE_MS));
  const close = await fill(folder, lakeSettings({ interval: '1m' }), FOLLOWED, last);
  const server = await serve(folder);
  const frames = market(RECEIVED);
  const rates: number[] = [];
  const shares: number[] = [];
  // The first round compiles the code.
  for (let round = 0; round <= ROUNDS; round++) {
    const bare = await receiveFor(frames, () => {});
    const clients = await connectClients(server);
    const followed = await receiveFor(frames, (update) => server.hub.updated(update));
    clients.kill();
    await once(clients, 'exit');
    if (round === 0) continue;
    rates.push((bare.frames / bare.cpuMs) * 1_000);
    shares.push((followed.cpuMs - (followed.frames * bare.cpuMs) / bare.frames) / followed.realMs);
  }
  await server.close();
  close();
  return { framesPerSecond: median(rates), share: median(shares) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function connectClients({ url }: Server): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('processes/liveClients.ts', import.meta.url));
  const symbols = Array.from({ length: CLIENTS }, (_, index) => FOLLOWED[index % FOLLOWED.length]!);
  const clients = spawn(process.execPath, [file, url, ...symbols], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(clients.stdout!, 'data');
  return clients;
}

/** Takes frames as fast as possible, and lets the host do its other work in between. */
async function receiveFor(
  frames: readonly Frame[],
  onUpdate: Parameters<typeof createReceivePath>[1],
): Promise<Taken> {
  const start = performance.now();
  const end = start + ROUND_MS;
  const cpu = process.threadCpuUsage();
  let taken = 0;
  while (performance.now() < end) {
    const receivePath = createReceivePath(RECEIVED, onUpdate);
    for (let at = 0; at < frames.length && performance.now() < end; at += 100) {
      const part = frames.slice(at, at + 100);
      receivePath.take(part);
      taken += part.length;
      await setImmediate();
    }
  }
  const { user, system } = process.threadCpuUsage(cpu);
  return { frames: taken, cpuMs: (user + system) / 1_000, realMs: performance.now() - start };
}

/** A store and its lake with these candles of each symbol. Returns what closes the store. */
async function fill(
  folder: string,
  settings: LakeSettings,
  symbols: readonly string[],
  candles: readonly Candle[],
): Promise<() => void> {
  const objects = createFileObjects(join(folder, 'parquet'));
  mkdirSync(folder, { recursive: true });
  const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: Date.now });
  await store.writeSettings(settings);
  for (const symbol of symbols) {
    for (let at = 0; at < candles.length; at += 50_000)
      await store.merge([
        { series: swapSeries(symbol, settings.interval), candles: candles.slice(at, at + 50_000) },
      ]);
  }
  await store.advanceAsOf(candles.at(-1)!.openTime + DAY_MS);
  const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
  await deriveMarkedDays(
    { derivation: store, writer: createLakeWriter(ports) },
    new AbortController().signal,
  );
  return () => store.close();
}

function textCandles(days: number): readonly Candle[] {
  const { openTime, open, high, low, close, volume } = walkCandles(days);
  return Array.from(openTime, (time, i) => ({
    ...candleAt(time),
    ...{
      open: `${open[i]}`,
      high: `${high[i]}`,
      low: `${low[i]}`,
      close: `${close[i]}`,
      volume: `${volume[i]}`,
    },
  }));
}

function candleAt(openTime: number): Candle {
  const values = { open: '100', high: '101', low: '99', close: '100', volume: '1' };
  return { openTime, ...values, status: 'final', source: 'history', observed: openTime + DAY_MS };
}
