import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createMemoryStore, HOUR_MS, MINUTE_MS, repairScope } from '@candlelake/core';
import { createFakeHistory, plainValues } from '../tests/support/fakeHistory.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import type { BenchResult } from './result.ts';

const SYMBOLS = 600;
const MIB = 1024 * 1024;

/** The costs of the cloud host that grow with the number of symbols, for 600 of them. */
export async function run(): Promise<BenchResult> {
  const stream = await streamMemory();
  const requests = await requestsOfAnOutage();
  return {
    name: 'cloud: 600 symbols on the sizes that infra chose',
    aim: 'the stream fits into a task of 512 MB and a quarter of a core',
    rows: [
      {
        label: 'stream: heap that two days of all candles keep',
        value: (stream.after - stream.before) / MIB,
        unit: 'MiB',
      },
      { label: 'stream: resident memory of its process then', value: stream.rss / MIB, unit: 'MiB' },
      { label: "requests that repair an hour's outage of all symbols", value: requests },
    ],
    note:
      "The section scale has the receive path for 1,000 symbols and the lake's day of 600 symbols: " +
      'the same code on another store',
  };
}

async function streamMemory(): Promise<{ before: number; after: number; rss: number }> {
  const program = fileURLToPath(new URL('./processes/cloudStream.ts', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--max-semi-space-size=2', program, `${SYMBOLS}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(output);
}

/** Counted, not timed: with the default limits a request takes a second. */
async function requestsOfAnOutage(): Promise<number> {
  const now = () => Date.UTC(2026, 10, 22, 12, 1);
  const store = createMemoryStore({ now });
  const history = createFakeHistory({ now, valuesAt: plainValues });
  const ports = {
    history,
    exchangeClock: { now },
    candles: store,
    derivation: store,
    report: () => {},
    yieldToHost: async () => {},
  };
  const from = Math.floor((now() - HOUR_MS) / (3 * MINUTE_MS)) * 3 * MINUTE_MS;
  for (let index = 0; index < SYMBOLS; index++) {
    const series = swapSeries(`S${index}-USDT`, '3m');
    const scope = { series, from, to: Number.POSITIVE_INFINITY, fillGaps: true, priority: 'live' } as const;
    await repairScope(ports, { scope }, new AbortController().signal);
  }
  return history.requests.length;
}
