import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { SLOTS_PER_DAY } from './growthCandles.ts';
import { MIB } from './processMemory.ts';
import type { BenchRow } from './result.ts';

/** Symbols and days of 3m candles that are stored. */
export type GrowthStore = readonly [symbols: number, days: number];

/** What the figures of a row are. */
export const GROWTH_NOTE =
  'CPU time. Start: the store is opened and every object of the lake inspected, which the program does in the lake ' +
  'thread while it streams. Live hour: 20 closes of all symbols, each stored and derived, in one thread. ' +
  'A day: yesterday derived again';

interface Costs {
  readonly start: number;
  readonly hour: number;
  readonly day: number;
  readonly peak: number;
}

/** The CPU time of a start, a live hour and a derived day with each store, and the bytes that a candle takes. */
export async function measureGrowth(
  stores: readonly GrowthStore[],
): Promise<{ readonly rows: readonly BenchRow[]; readonly bytesPerCandle: number }> {
  const rows: BenchRow[] = [];
  let bytesPerCandle = Number.NaN;
  for (const [symbols, days] of stores) {
    const { start, hour, day, peak, bytes } = await measure(symbols, days);
    bytesPerCandle = bytes / (symbols * days * SLOTS_PER_DAY);
    const what = `${symbols} symbol${symbols === 1 ? '' : 's'}, ${days} day${days === 1 ? '' : 's'} stored`;
    const [startMs, hourMs, dayMs, peakMiB] = [start, hour, day, peak / MIB].map(Math.round);
    const text = `start ${startMs} ms, live hour ${hourMs} ms, a day ${dayMs} ms, peak ${peakMiB} MiB`;
    rows.push({ label: what, text });
    console.log(`${what}: ${text}`);
  }
  return { rows, bytesPerCandle };
}

async function measure(symbols: number, days: number): Promise<Costs & { readonly bytes: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-growth-'));
  try {
    const { bytes } = await output<{ bytes: number }>('growthFill', [folder, `${symbols}`, `${days}`]);
    return { ...(await output<Costs>('growth', [folder, `${symbols}`])), bytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a process prints, when it has ended. */
async function output<T>(name: string, args: readonly string[]): Promise<T> {
  const path = fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...NODE_FLAGS, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const line = await firstLine(child);
  await ended;
  return JSON.parse(line) as T;
}
