import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PACKAGE_OUTPUT, writePackage } from '../scripts/package/writePackage.ts';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { cpuTime, MIB, processMemory } from './processMemory.ts';
import type { BenchResult } from './result.ts';

const SOURCES = fileURLToPath(new URL('../packages/cli/bin/candlelake.mjs', import.meta.url));
const PACKAGE = join(PACKAGE_OUTPUT, 'bin/candlelake.mjs');
const EXCHANGE = fileURLToPath(
  new URL('../packages/exchange-sim/bin/candlelake-exchange.mjs', import.meta.url),
);
/** A stop after it derives the lake, so that the code of all threads is compiled. */
const COMPILE_MS = 5_000;
/** The history is filled and derived, and the encoder has ended. */
const SETTLE_MS = 15_000;
const REST_SECONDS = 30;
const STARTS = 5;

interface Surroundings {
  readonly folder: string;
  readonly restUrl: string;
  readonly wsUrl: string;
}

/** The terminal program with one symbol: how soon its first line comes, and what it costs at rest. */
export async function run(): Promise<BenchResult> {
  await writePackage(PACKAGE_OUTPUT);
  const exchange = spawn(process.execPath, [EXCHANGE, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-rest-'));
  try {
    const addresses = JSON.parse(await firstLine(exchange)) as Omit<Surroundings, 'folder'>;
    const around = { ...addresses, folder };
    await Promise.all([compile(SOURCES, around), compile(PACKAGE, around)]);
    const line = await medianStart(SOURCES, around);
    const packageLine = await medianStart(PACKAGE, around);
    const compiling = await medianStart(SOURCES, around, { NODE_DISABLE_COMPILE_CACHE: '1' });
    const [rest, packageRest] = await Promise.all([measure(SOURCES, around), measure(PACKAGE, around)]);
    return {
      name: 'rest: the terminal program with one symbol',
      aim: 'at most 100 MiB and 1 % of a core at rest, first line within 0.5 s',
      rows: [
        { label: 'first line on the screen', value: line, unit: 'ms' },
        { label: 'first line without compiled code', value: compiling, unit: 'ms' },
        { label: 'resident memory at rest', value: rest.resident / MIB, unit: 'MiB' },
        { label: 'share of a core at rest', value: rest.share * 100, unit: '%' },
        { label: 'peak memory since the start', value: rest.peak / MIB, unit: 'MiB' },
        { label: 'npm package: first line on the screen', value: packageLine, unit: 'ms' },
        { label: 'npm package: resident memory at rest', value: packageRest.resident / MIB, unit: 'MiB' },
        { label: 'npm package: of these, pages of Node itself', value: packageRest.files / MIB, unit: 'MiB' },
        { label: 'npm package: peak memory since the start', value: packageRest.peak / MIB, unit: 'MiB' },
      ],
      note:
        'One symbol of 3m candles against the stand-in, 1.6 frames a second; from the sources where the npm ' +
        `package is not named; first line: median of ${STARTS} starts; at rest: median of ${REST_SECONDS} s, ` +
        `${SETTLE_MS / 1000} s after a start that fills and derives a day`,
    };
  } finally {
    exchange.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface StartOptions {
  /** The folder of the store and the lake, in that of the benchmark. */
  readonly output: string;
  readonly environment?: NodeJS.ProcessEnv;
}

function start(
  program: string,
  { folder, restUrl, wsUrl }: Surroundings,
  { output, environment }: StartOptions,
): ChildProcess {
  const flags = ['--output', join(folder, output), '--port', '0', '--rest-url', restUrl, '--ws-url', wsUrl];
  const args = [...NODE_FLAGS, program, 'stream', '--symbol', 'BTC-USDT', '--history-days', '1', ...flags];
  // A cache of its own: what an earlier run compiled must not count.
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...environment };
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
}

function outputOf(program: string, what: string): string {
  return `${what}-${program === PACKAGE ? 'package' : 'sources'}`;
}

async function compile(program: string, around: Surroundings): Promise<void> {
  const child = start(program, around, { output: outputOf(program, 'compile') });
  child.stdout!.resume();
  await pause(COMPILE_MS);
  await end(child);
}

async function medianStart(
  program: string,
  around: Surroundings,
  environment: NodeJS.ProcessEnv = {},
): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < STARTS; turn++) {
    const from = performance.now();
    const child = start(program, around, { output: outputOf(program, 'compile'), environment });
    await firstLine(child);
    times.push(performance.now() - from);
    await end(child);
  }
  return median(times);
}

async function measure(program: string, around: Surroundings) {
  const child = start(program, around, { output: outputOf(program, 'rest') });
  const pid = child.pid!;
  child.stdout!.resume();
  await pause(SETTLE_MS);
  const from = cpuTime(pid);
  const residents: number[] = [];
  for (let second = 0; second < REST_SECONDS; second++) {
    await pause(1000);
    residents.push(processMemory(pid).resident);
  }
  const { peak, files } = processMemory(pid);
  const share = (cpuTime(pid) - from) / (REST_SECONDS * 1000);
  await end(child);
  return { share, peak, files, resident: median(residents) };
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill();
  await closed;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
