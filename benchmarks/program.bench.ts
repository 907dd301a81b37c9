import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { MIB, processMemory } from './processMemory.ts';
import { walkCandles } from './randomWalk.ts';
import type { BenchResult } from './result.ts';

const DAYS = 1825;
/** How often the memory of a running program is read. */
const SAMPLE_MS = 20;

const PROGRAM = fileURLToPath(new URL('../packages/cli/bin/candlelake.mjs', import.meta.url));
const REDERIVE = fileURLToPath(new URL('processes/rederive.ts', import.meta.url));

/** Five years of one symbol through the whole program: imported, derived again, and found at a start. */
export async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-program-'));
  try {
    const csv = join(folder, 'candles.csv');
    const rows = writeCsv(csv);
    const imported = await timeImport(csv, folder);
    const changed = await rederive(folder, 4);
    const started = await rederive(folder, 4);
    return {
      name: 'program: five years of one symbol, whole processes',
      aim: 'import within 7 s and 200 MiB, derived again within 4 s, nothing derived at a start',
      rows: [
        { label: 'candlelake import', value: imported.seconds, unit: 's' },
        { label: 'candlelake import: peak memory', value: imported.peak / MIB, unit: 'MiB' },
        {
          label: 'five years derived again after a change of periods',
          value: changed.seconds,
          unit: 's',
        },
        { label: 'derived again: CPU time of all threads', value: changed.cpuSeconds, unit: 's' },
        { label: 'derived again: peak memory', value: changed.peak / MIB, unit: 'MiB' },
        { label: 'days derived at the next start', value: started.days },
        { label: 'that start, until the lake is inspected', value: started.seconds, unit: 's' },
      ],
      note: `${rows} candles of 3m, bars of 21m, ${DAYS} days; ${changed.days} days derived again; one run each`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeImport(csv: string, folder: string) {
  const start = performance.now();
  const args = [...NODE_FLAGS, PROGRAM, 'import', csv, '--symbol', 'BTC-USDT', '--output', folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'close');
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, peakOf(child.pid!));
    await Promise.race([ended, pause(SAMPLE_MS)]);
  }
  if (child.exitCode !== 0) throw new Error(`the import ended with ${child.exitCode}`);
  return { seconds: (performance.now() - start) / 1000, peak };
}

/** 0 for a process that has ended meanwhile. */
function peakOf(pid: number): number {
  try {
    return processMemory(pid).peak || 0;
  } catch {
    return 0;
  }
}

interface Rederivation {
  readonly days: number;
  readonly seconds: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly peak: number;
}

async function rederive(folder: string, maShort: number) {
  const child = spawn(process.execPath, [...NODE_FLAGS, REDERIVE, folder, `${maShort}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const result = JSON.parse(await firstLine(child)) as Rederivation;
  await ended;
  return result;
}

/** Returns the number of rows. */
function writeCsv(path: string): number {
  const { openTime, open, high, low, close, volume } = walkCandles(DAYS);
  const lines = Array.from(openTime, (time, i) =>
    [time, open[i], high[i], low[i], close[i], volume[i]].join(','),
  );
  writeFileSync(path, ['open_time_ms,open,high,low,close,volume', ...lines].join('\n'));
  return lines.length;
}
