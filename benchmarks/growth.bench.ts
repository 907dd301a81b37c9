import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { MIB } from './processMemory.ts';
import type { BenchResult, BenchRow } from './result.ts';

/** Symbols and days that are stored. Left out: 100 and 1,300 symbols for years, which take hours to fill. */
const STORES = [
  [1, 1],
  [1, 365],
  [1, 1825],
  [100, 1],
  [1300, 1],
] as const;

interface Costs {
  readonly start: number;
  readonly hour: number;
  readonly day: number;
  readonly peak: number;
}

/** What a start, a live hour and a derived day cost, against the symbols and the days that are stored. */
export async function run(): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  for (const [symbols, days] of STORES) {
    const { start, hour, day, peak } = await measure(symbols, days);
    const what = `${symbols} symbol${symbols === 1 ? '' : 's'}, ${days} day${days === 1 ? '' : 's'} stored`;
    const [startMs, hourMs, dayMs, peakMiB] = [start, hour, day, peak / MIB].map(Math.round);
    const text = `start ${startMs} ms, live hour ${hourMs} ms, a day ${dayMs} ms, peak ${peakMiB} MiB`;
    rows.push({ label: what, text });
  }
  return {
    name: 'growth: cost against symbols and days stored',
    aim: 'what a live hour and a day cost does not grow with the days stored',
    rows,
    note:
      'Start: the store is opened and every object of the lake inspected. Live hour: 20 closes of all symbols, ' +
      'each stored and derived, in one thread. A day: yesterday derived again. Left out, because they take too ' +
      'long to fill: 100 and 1,300 symbols for a year and for five years',
  };
}

async function measure(symbols: number, days: number): Promise<Costs> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-growth-'));
  try {
    await once(start('growthFill', [folder, `${symbols}`, `${days}`]), 'close');
    const child = start('growth', [folder, `${symbols}`]);
    const ended = once(child, 'close');
    const costs = JSON.parse(await firstLine(child)) as Costs;
    await ended;
    return costs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(name: string, args: readonly string[]) {
  const path = fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url));
  return spawn(process.execPath, [...NODE_FLAGS, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}
