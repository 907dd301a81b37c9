import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Candle, DAY_MS, MINUTE_MS } from '@candlelake/core';
import { openSqliteStore } from '../packages/cli/src/adapters/sqliteStore.ts';
import { lakeSettings } from '../tests/support/lakeSettings.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { MIB } from './processMemory.ts';
import type { BenchResult } from './result.ts';

export interface Sample {
  readonly now: number;
  readonly updates: number;
  readonly candlesStored: number;
  readonly reconnects: number;
  /** Time of the last frame in our queue, ms of the clock. */
  readonly lagMs: number;
  readonly rss: number;
  readonly heap: number;
  readonly cpuMs: number;
  readonly latencies: readonly number[];
  /** Delay of the stand-in behind its clock. */
  readonly standInLagMs: number;
}

export interface ReceiveRun {
  readonly symbols: number;
  /** Minutes of the simulated clock. */
  readonly minutes: number;
  readonly speed: number;
  /** When the simulated clock starts, epoch ms; {@link NOON} by default. */
  readonly start?: number;
}

const NOON = Date.UTC(2026, 10, 22, 12);
/** After this time all symbols are subscribed. */
const SUBSCRIBED_MS = 25_000;

/**
 * Streams 1m candles of many symbols from the stand-in, one frame a second for each symbol, and samples the
 * receiving process once a second.
 */
export async function receive({
  symbols,
  minutes,
  speed,
  start: from = NOON,
}: ReceiveRun): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-scale-'));
  const real = Date.now();
  const env = { ...process.env, CANDLELAKE_CLOCK: `${real}:${from}:${speed}` };
  const flags = [
    '--symbols',
    `${symbols}`,
    '--updates-per-second',
    '1',
    '--quiet-share',
    '0',
    '--no-rate-limit',
    '--control',
    '--json',
  ];
  const exchange = startProcess('../packages/exchange-sim/bin/candlelake-exchange.mjs', flags, env);
  try {
    const { restUrl, wsUrl } = JSON.parse(await firstLine(exchange));
    const args = [folder, restUrl, wsUrl, `${symbols}`, `${real}`, `${from}`, `${speed}`];
    const receiver = startProcess('./processes/receivePath.ts', args, env);
    const samples: Sample[] = [];
    const lines = createInterface({ input: receiver.stdout! });
    lines.on('line', async (line) => {
      const { stats } = (await (await fetch(`${restUrl}/control`)).json()) as {
        stats: { lagMs: number };
      };
      samples.push({ ...JSON.parse(line), standInLagMs: stats.lagMs });
    });
    await pause((minutes * MINUTE_MS) / speed);
    receiver.kill('SIGTERM');
    await new Promise((resolve) => receiver.once('close', resolve));
    return samples;
  } finally {
    exchange.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Derives a full day of 3m candles of many symbols in a separate process. */
export async function lakeDay(
  symbols: number,
): Promise<{ seconds: number; rssBefore: number; peakRss: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-scale-'));
  try {
    await fillDay(join(folder, 'candles.sqlite'), symbols);
    const child = startProcess('./processes/lakeDay.ts', [folder], process.env);
    return JSON.parse(await firstLine(child));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fillDay(path: string, symbols: number): Promise<void> {
  const store = openSqliteStore(path, { now: Date.now });
  await store.writeSettings(lakeSettings());
  const day = NOON - (NOON % DAY_MS);
  for (let index = 0; index < symbols; index++) {
    const candles = Array.from({ length: 480 }, (_, slot): Candle => {
      const price = 100 + ((slot * 37 + index * 11) % 500) / 10;
      const values = { open: `${price}`, high: `${price + 2}`, low: `${price - 2}`, close: `${price + 1}` };
      const status = { status: 'final', source: 'history', observed: day + DAY_MS } as const;
      return { openTime: day + slot * 3 * MINUTE_MS, ...values, volume: `${(slot % 97) + 0.125}`, ...status };
    });
    await store.merge([{ series: swapSeries(`S${index}-USDT`, '3m'), candles }]);
  }
  await store.advanceAsOf(day + DAY_MS);
  store.close();
}

function startProcess(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return spawn(process.execPath, [...NODE_FLAGS, path, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** 1,000 symbols in real time, the latency of 1 and 300 symbols, and the lake's day of 600 symbols. */
export async function run(): Promise<BenchResult> {
  const start = NOON - SUBSCRIBED_MS;
  const many = await receive({ symbols: 1000, minutes: 0.75, speed: 1, start });
  // Beside each other: together they take a few percent of a core.
  const [one, some] = await Promise.all([
    receive({ symbols: 1, minutes: 0.6, speed: 1, start }),
    receive({ symbols: 300, minutes: 0.6, speed: 1, start }),
  ]);
  const lake = await lakeDay(600);
  const settled = many.slice(20);
  const first = settled[0]!;
  const last = settled.at(-1)!;
  return {
    name: 'scale: many symbols in real time, receive path and lake worker in processes of their own',
    aim:
      '1,000 symbols at a frame a second: at most 10 % of a core and 150 MB; close to durable p99 at most 50 ms; ' +
      'lake worker at most 400 MB at 600 symbols',
    rows: [
      {
        label: '1,000 symbols: share of a core',
        value: ((last.cpuMs - first.cpuMs) / (last.now - first.now)) * 100,
        unit: '%',
      },
      {
        label: '1,000 symbols: pushes a second',
        value: ((last.updates - first.updates) * 1000) / (last.now - first.now),
        unit: '/s',
      },
      {
        label: '1,000 symbols: resident memory',
        value: Math.max(...many.map(({ rss }) => rss)) / MIB,
        unit: 'MiB',
      },
      {
        label: '1 symbol: close seen to durable, p99',
        value: percentile(one.at(-1)!.latencies, 0.99),
        unit: 'ms',
      },
      {
        label: '300 symbols: close seen to durable, p99',
        value: percentile(some.at(-1)!.latencies, 0.99),
        unit: 'ms',
      },
      { label: '600 symbols: deriving their day', value: lake.seconds, unit: 's' },
      { label: '600 symbols: peak memory of the lake process', value: lake.peakRss / MIB, unit: 'MiB' },
    ],
    note:
      'Memory includes Node itself. The latency includes the wait of candles that close together for one ' +
      'transaction. docs/proof.md has a simulated month',
  };
}
