import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { firstLine, NODE_FLAGS } from './childProcess.ts';
import { cpuTime, MIB, processMemory } from './processMemory.ts';
import type { BenchResult } from './result.ts';

const PROGRAM = fileURLToPath(new URL('../packages/cli/bin/candlelake.mjs', import.meta.url));
const EXCHANGE = fileURLToPath(
  new URL('../packages/exchange-sim/bin/candlelake-exchange.mjs', import.meta.url),
);
/** The history is filled and derived, and the encoder has ended. */
const SETTLE_MS = 20_000;
const REST_MS = 60_000;
const STARTS = 5;

/** The terminal program with one symbol: how soon its first line comes, and what it costs at rest. */
export async function run(): Promise<BenchResult> {
  const exchange = spawn(process.execPath, [EXCHANGE, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-rest-'));
  try {
    const addresses = JSON.parse(await firstLine(exchange)) as { restUrl: string; wsUrl: string };
    const starts: number[] = [];
    for (let turn = 0; turn < STARTS; turn++) starts.push(await timeFirstLine(folder, addresses));
    const rest = await measureRest(folder, addresses);
    return {
      name: 'rest: the terminal program with one symbol',
      aim: 'at most 100 MiB and 1 % of a core at rest, first line within 0.5 s',
      rows: [
        { label: 'first line on the screen', value: starts.toSorted((a, b) => a - b)[2]!, unit: 'ms' },
        { label: 'resident memory at rest', value: rest.resident / MIB, unit: 'MiB' },
        { label: 'share of a core at rest', value: rest.share * 100, unit: '%' },
        { label: 'peak memory since the start', value: rest.peak / MIB, unit: 'MiB' },
      ],
      note:
        `One symbol of 3m candles against the stand-in, 1.6 frames a second; first line: median of ${STARTS} ` +
        `starts, of which the first compiles; at rest: mean of ${REST_MS / 1000} s, ${SETTLE_MS / 1000} s after the start`,
    };
  } finally {
    exchange.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Addresses {
  readonly restUrl: string;
  readonly wsUrl: string;
}

function start(folder: string, { restUrl, wsUrl }: Addresses) {
  const flags = ['--output', folder, '--port', '0', '--rest-url', restUrl, '--ws-url', wsUrl];
  const args = [...NODE_FLAGS, PROGRAM, 'stream', '--symbol', 'BTC-USDT', '--history-days', '1', ...flags];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function timeFirstLine(folder: string, addresses: Addresses): Promise<number> {
  const from = performance.now();
  const child = start(folder, addresses);
  await firstLine(child);
  const elapsed = performance.now() - from;
  child.kill();
  await once(child, 'close');
  return elapsed;
}

async function measureRest(folder: string, addresses: Addresses) {
  const child = start(folder, addresses);
  child.stdout.resume();
  await pause(SETTLE_MS);
  const from = cpuTime(child.pid!);
  const residents: number[] = [];
  for (let second = 0; second < REST_MS / 1000; second++) {
    await pause(1000);
    residents.push(processMemory(child.pid!).resident);
  }
  const { peak } = processMemory(child.pid!);
  const share = (cpuTime(child.pid!) - from) / REST_MS;
  child.kill();
  await once(child, 'close');
  return { share, peak, resident: residents.reduce((sum, one) => sum + one, 0) / residents.length };
}
