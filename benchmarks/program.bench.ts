import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { timeImport } from './importProgram.ts';
import { MIB } from './processMemory.ts';
import { walkCandles } from './randomWalk.ts';
import type { BenchResult } from './result.ts';

const DAYS = 1825;

const REDERIVE = fileURLToPath(new URL('processes/rederive.ts', import.meta.url));

/** Five years of one symbol through the whole program: imported, derived again, and found at a start. */
export async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-program-'));
  try {
    const csv = join(folder, 'candles.csv');
    // The first run also leaves the compiled code that later ones find.
    writeCsv(csv, Math.floor(DAYS / 10));
    const small = await timeImport(csv, join(folder, 'small'));
    const rows = writeCsv(csv, DAYS);
    const imported = await timeImport(csv, folder);
    const changed = await rederive(folder, 4);
    const started = await rederive(folder, 4);
    return {
      name: 'program: five years of one symbol, whole processes',
      aim: 'import within 7 s and 200 MiB, derived again within 4 s, nothing derived at a start',
      rows: [
        { label: 'candlelake import', value: imported.seconds, unit: 's' },
        { label: 'candlelake import: peak memory', value: imported.peak / MIB, unit: 'MiB' },
        { label: 'the same with a tenth of the rows', value: small.peak / MIB, unit: 'MiB' },
        ...imported.phases,
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
      note:
        `${rows} candles of 3m, bars of 21m, ${DAYS} days; ${changed.days} days derived again; one run each; ` +
        'CPU in seconds by thread: the WorkerThreads are the lake thread and the encoder; ' +
        '`node --cpu-prof benchmarks/processes/rederive.ts FOLDER 5`, on the folder of an import, ' +
        'writes a profile for each thread of a derivation',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
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
function writeCsv(path: string, days: number): number {
  const { openTime, open, high, low, close, volume } = walkCandles(days);
  const lines = Array.from(openTime, (time, i) =>
    [time, open[i], high[i], low[i], close[i], volume[i]].join(','),
  );
  writeFileSync(path, ['open_time_ms,open,high,low,close,volume', ...lines].join('\n'));
  return lines.length;
}
