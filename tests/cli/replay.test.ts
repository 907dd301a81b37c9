import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayEvent } from '@candlelake/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRows } from '../support/readParquet.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, temporaryFolder } from './program.ts';

const DAY = Date.UTC(2026, 10, 20);
const SLOT = 180_000;
const HEADER = 'open_time_ms,open,high,low,close,volume';
/** A slot without a candle: its bar is short. */
const MISSING = 30;
const output = temporaryFolder();
const VARIABLES = { CANDLELAKE_OUTPUT: output };

beforeAll(async () => {
  for (const symbol of ['ETH-USDT', 'BTC-USDT']) {
    const file = join(temporaryFolder(), 'candles.csv');
    // A day and a half of a price that goes up and down.
    const rows = Array.from({ length: 720 }, (_, slot) => {
      const [open, close] = [slot, slot + 1].map((at) => 1_000 + 50 * Math.sin(at / 12));
      return [DAY + slot * SLOT, open, Math.max(open!, close!), Math.min(open!, close!), close, 1.5].join();
    });
    rows.splice(MISSING, 1);
    writeFileSync(file, [HEADER, ...rows].join('\n'));
    const words = ['import', file, '--symbol', symbol, '--timeframe', '21m,1h'];
    expect(await runInProcess(words, VARIABLES)).toMatchObject({ code: 0, stderr: '' });
  }
});

function run(...words: readonly string[]) {
  return runInProcess(['replay', ...words], VARIABLES);
}

function eventsIn(stdout: string): readonly ReplayEvent[] {
  const lines = stdout.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line));
}

describe('candlelake replay', () => {
  it('writes an event a line, with every bar as the lake has it, and what it wrote to standard error', async () => {
    const { code, stdout, stderr } = await run('--symbol', 'BTC-USDT', '--timeframe', '21m');
    expect(code).toBe(0);
    const events = eventsIn(stdout);
    const bars = events.flatMap(({ name, data }) => (name === 'bar' && !data.is_open ? [data] : []));
    const lake: object[] = [];
    for (const date of ['2026-11-20', '2026-11-21']) {
      const path = `parquet/bars/timeframe=21m/date=${date}/bars.parquet`;
      const rows = await readRows(Uint8Array.from(readFileSync(join(output, path))));
      const ofSymbol = rows.filter(({ symbol }) => symbol === 'BTC-USDT');
      lake.push(...ofSymbol.map(({ market: _market, ...row }) => row));
    }
    // 69 bars of a day and 34 of twelve hours; the last of these is open.
    expect(bars.length).toBe(69 + 34);
    expect(bars.map(({ is_open: _open, timeframe: _timeframe, ...row }) => row)).toEqual(lake);
    const short = events.find(({ name, data }) => name === 'bar' && !data.is_open && data.status === 'short');
    // Bar 4 (slots 28 to 34) closes at slot 35 and waits an interval for the missing candle.
    expect(short).toMatchObject({ time: DAY + 36 * SLOT, data: { bar_index: 4, candle_count: 6 } });
    const crossovers = events.filter(({ name }) => name === 'crossover').length;
    const states = events.filter(({ name }) => name === 'bar').length;
    expect(crossovers).toBeGreaterThan(10);
    expect(stderr).toBe(
      `replayed 719 candles, ${states} states of bars, ${crossovers} crossovers, from 2026-11-20T00:03Z to 2026-11-21T12:00Z\n`,
    );
  });

  it('writes the same events at a speed, of all symbols and timeframes, in the window', async () => {
    const window = ['--from', '2026-11-20T23:00Z', '--to', '2026-11-21T01:00Z'];
    const fast = await run(...window);
    // Two hours take 14 ms.
    const paced = await run(...window, '--speed', '500000');
    expect(paced).toEqual(fast);
    const events = eventsIn(fast.stdout);
    const [first, last] = [events[0]!, events.at(-1)!];
    expect([first.time, last.time]).toEqual([DAY + 461 * SLOT, DAY + 500 * SLOT]);
    expect(new Set(events.map(({ data }) => data.symbol))).toEqual(new Set(['BTC-USDT', 'ETH-USDT']));
    expect(events.filter(({ name }) => name === 'candle').length).toBe(80);
  });

  it('ends with 0 when its reader has read enough', async () => {
    const bin = join(ROOT, 'packages/cli/bin/candlelake.mjs');
    const child = spawn(process.execPath, [bin, 'replay'], { env: { ...process.env, ...VARIABLES } });
    child.stdout.once('data', () => child.stdout.destroy());
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    const [code] = await once(child, 'close');
    expect({ code, errors: errors.replace(/^replayed .*\n$/, '') }).toEqual({ code: 0, errors: '' });
  });

  const WRONG: readonly [words: readonly string[], line: string][] = [
    [['--speed', 'fast'], '--speed "fast": expected a number from 0 to 1000000 with at most three decimals'],
    [['--speed', '-1'], '--speed "-1": expected a number from 0 to 1000000 with at most three decimals'],
    [['--timeframe', '9m'], 'timeframe "9m": the lake does not have it, expected one of 21m, 60m'],
    [['--symbol', 'SOL-USDT'], '--symbol "SOL-USDT": not in the store, expected one of BTC-USDT, ETH-USDT'],
    [['--from', '2027-01-01'], 'the store has no candle of these symbols in the window'],
    [
      ['--from', '2026-11-21', '--to', '2026-11-20'],
      '--to "2026-11-20T00:00Z": expected a time after the "2026-11-21T00:00Z" of --from',
    ],
    [
      ['--output', '/no/such/folder'],
      '--output "/no/such/folder": no store in it, expected the folder of a stream',
    ],
  ];
  it.each(WRONG)('ends %j with 2 and one line', async (words, line) => {
    expect(await run(...words)).toEqual({ code: 2, stdout: '', stderr: `error: ${line}\n` });
  });
});
