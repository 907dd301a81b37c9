import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { fillQuiet } from '../../packages/cli/src/export/exportRows.ts';
import { findExportTable } from '../../packages/cli/src/export/exportTable.ts';
import { readRows } from '../support/readParquet.ts';
import { swapSeries } from '../support/swapSeries.ts';
import { runInProcess } from './inProcess.ts';
import { temporaryFolder } from './program.ts';

const DAY = Date.UTC(2026, 10, 20);
const SLOT = 180_000;
const HEADER = 'open_time_ms,open,high,low,close,volume';
/** Nothing traded for the whole of bar 1 of 21m (slots 7 to 13) and in slot 20; slot 30 is missing. */
const QUIET = [7, 8, 9, 10, 11, 12, 13, 20];
const MISSING = 30;
/** Slots of two days; the price of a slot is one dollar above that of the slot before. */
const candles = Array.from({ length: 960 }, (_, slot) => slot)
  .filter((slot) => !QUIET.includes(slot) && slot !== MISSING)
  .map((slot) => ({ slot, time: DAY + slot * SLOT, price: 100 + slot }));
const output = temporaryFolder();

beforeAll(async () => {
  // The last symbol has the prices of a coin that needs an exponent as a double.
  for (const [symbol, factor] of [
    ['BTC-USDT', 1],
    ['PEPE-USDT', 1e-9],
  ] as const) {
    const file = join(temporaryFolder(), 'candles.csv');
    const rows = candles.map(({ time, price }) => {
      const [open, high] = [price, price + 0.5].map((value) =>
        (value * factor).toFixed(factor === 1 ? 2 : 12),
      );
      return [time, open, high, open, high, 1].join();
    });
    writeFileSync(file, [HEADER, ...rows].join('\n'));
    const words = ['import', file, '--symbol', symbol, '--timeframe', '21m,1h', '--output', output];
    expect(await runInProcess(words)).toMatchObject({ code: 0, stderr: '' });
  }
  const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
  const absences = QUIET.map((slot) => ({
    openTime: DAY + slot * SLOT,
    firstRead: DAY + 2_000 * SLOT,
    lastRead: DAY + 2_010 * SLOT,
  }));
  await store.merge([{ series: swapSeries('BTC-USDT', '3m'), absences }]);
  store.close();
  // A row that is known already: the import derives the day with the quiet slots.
  const again = join(temporaryFolder(), 'again.csv');
  writeFileSync(again, `${HEADER}\n${DAY},100.00,100.50,100.00,100.50,1`);
  expect((await runInProcess(['import', again, '--symbol', 'BTC-USDT', '--output', output])).code).toBe(0);
});

function run(...words: readonly string[]) {
  return runInProcess(['export', '--symbol', 'BTC-USDT', '--output', output, ...words]);
}

const iso = (time: number) => new Date(time).toISOString().replace('.000', '');

describe('candlelake export', () => {
  it('writes candles as CSV with ISO times, and what it wrote to standard error', async () => {
    const { code, stdout, stderr } = await run();
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'time,open,high,low,close,volume',
      ...candles.map(({ time, price }) => `${iso(time)},${price},${price + 0.5},${price},${price + 0.5},1`),
      '',
    ]);
    expect(stderr).toBe('BTC-USDT 3m: exported 951 candles, from 2026-11-20T00:00Z to 2026-11-21T23:57Z\n');
  });

  it('writes small prices without an exponent', async () => {
    const { stdout } = await runInProcess(['export', '--symbol', 'PEPE-USDT', '--output', output]);
    expect(stdout.split('\n')[1]).toBe(
      '2026-11-20T00:00:00Z,0.0000001,0.0000001005,0.0000001,0.0000001005,1',
    );
  });

  it('writes the bars of a timeframe with the values of the lake', async () => {
    const { stdout } = await run('--timeframe', '21m', '--format', 'ndjson');
    const bars = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const path = 'parquet/bars/timeframe=21m/date=2026-11-20/bars.parquet';
    const lake = await readRows(Uint8Array.from(readFileSync(join(output, path))));
    const expected = lake.filter(({ symbol }) => symbol === 'BTC-USDT');
    // Bar 1 is quiet, so the day has 68 bars.
    expect([bars.length, expected.length]).toEqual([137, 68]);
    for (const [row, { time, ...values }] of bars.slice(0, 68).entries()) {
      expect(Date.parse(time)).toBe(expected[row]!.open_time);
      expect(expected[row]).toMatchObject(values);
      expect(Object.keys(values)).toEqual([
        ...['open', 'high', 'low', 'close', 'volume', 'candle_count', 'expected_count', 'status'],
        ...['ma_short', 'ma_long', 'ma_cross', 'trend', 'tr', 'atr', 'atr_percent'],
      ]);
    }
  });

  it('takes only the window, whose end is exclusive', async () => {
    const { stdout } = await run('--from', '2026-11-20T23:57Z', '--to', '2026-11-21T00:03Z');
    expect(
      stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.slice(0, 20)),
    ).toEqual(['2026-11-20T23:57:00Z', '2026-11-21T00:00:00Z']);
  });

  it('fills quiet slots with the close before them, and says so in a column', async () => {
    const { stdout, stderr } = await run('--fill');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    expect(rows.length).toBe(959);
    const filled = rows.filter((row) => row.at(-1) === '1');
    // Slot 6 closes at 106.5, slot 19 at 119.5; the missing slot 30 stays a hole.
    expect(filled).toEqual(
      QUIET.map((slot) => {
        const close = slot < 20 ? '106.5' : '119.5';
        return [iso(DAY + slot * SLOT), close, close, close, close, '0', '1'];
      }),
    );
    expect(rows.map(([time]) => time)).not.toContain(iso(DAY + MISSING * SLOT));
    expect(stderr).toContain('959 candles (8 filled)');
  });

  it('fills a bar in which nothing traded, without indicators', async () => {
    const { stdout } = await run(
      '--timeframe',
      '21m',
      '--fill',
      '--format',
      'ndjson',
      '--to',
      '2026-11-20T00:42Z',
    );
    const [, bar] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(bar).toEqual({
      time: '2026-11-20T00:21:00Z',
      ...{ open: 106.5, high: 106.5, low: 106.5, close: 106.5, volume: 0 },
      ...{ candle_count: 0, expected_count: 7, status: 'quiet' },
      ...{
        ma_short: null,
        ma_long: null,
        ma_cross: null,
        trend: null,
        tr: null,
        atr: null,
        atr_percent: null,
      },
      filled: 1,
    });
  });

  it('writes Parquet with the same rows', async () => {
    const target = join(temporaryFolder(), 'candles.parquet');
    const { stdout, stderr } = await run('--format', 'parquet', '--fill', '--target', target);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^BTC-USDT 3m: exported 959 candles \(8 filled\), .* to .*candles\.parquet\n$/);
    const rows = await readRows(Uint8Array.from(readFileSync(target)));
    expect(rows.filter(({ filled }) => filled === 1).map(({ time }) => time)).toEqual(
      QUIET.map((slot) => DAY + slot * SLOT),
    );
    expect(rows[0]).toEqual({
      time: DAY,
      open: 100,
      high: 100.5,
      low: 100,
      close: 100.5,
      volume: 1,
      filled: 0,
    });
  });

  it('writes the file that freqtrade looks for, with the columns that it takes', async () => {
    const target = temporaryFolder();
    const { code, stderr } = await run('--timeframe', '1h', '--format', 'freqtrade', '--target', target);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // The name is that of freqtrade 2026.9; tests/readers/recipes.py has it read the file.
    const file = join(target, 'futures', 'BTC_USDT_USDT-1h-futures.feather');
    expect(readdirSync(join(target, 'futures'))).toEqual(['BTC_USDT_USDT-1h-futures.feather']);
    const table = tableFromIPC(readFileSync(file));
    expect(table.schema.fields.map(String)).toEqual([
      'date: Timestamp<MILLISECOND, UTC>',
      ...['open', 'high', 'low', 'close', 'volume'].map((name) => `${name}: Float64`),
    ]);
    expect(table.numRows).toBe(48);
    expect(table.get(0)!.toJSON()).toEqual({
      date: DAY,
      open: 100,
      high: 119.5,
      low: 100,
      close: 119.5,
      volume: 13,
    });
  });

  it('warns of bars that freqtrade would move', async () => {
    const words = ['--timeframe', '21m', '--format', 'freqtrade', '--target', temporaryFolder()];
    const { code, stderr } = await run(...words);
    expect(code).toBe(0);
    expect(stderr).toBe(
      'warning: freqtrade resamples bars of 21m on a grid that goes on over midnight, where these begin anew: export a timeframe that divides the day, such as 20m or 1h\n',
    );
  });

  const WRONG: readonly [words: readonly string[], line: string][] = [
    [['--timeframe', '7m'], '--timeframe "7m": not in the lake, expected one of 3m, 21m, 60m'],
    [['--symbol', 'ETH-USDT'], '--symbol "BTC-USDT,ETH-USDT": expected one symbol for --format csv'],
    [['--from', '2027-01-01'], '--symbol "BTC-USDT": the lake has no candle of 3m of swap in the window'],
    [['--format', 'freqtrade', '--fill'], '--fill: freqtrade fills holes itself, expected another --format'],
    [['--target', '/proc/no/such'], '--target "/proc/no/such": can\'t be written (ENOENT)'],
  ];
  it.each(WRONG)('ends %j with 2 and one line', async (words, line) => {
    expect(await run(...words)).toEqual({ code: 2, stdout: '', stderr: `error: ${line}\n` });
  });

  it('reads a lake without a store, except to fill', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'candles.csv');
    writeFileSync(file, `${HEADER}\n${DAY},1,1,1,1,1`);
    await runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', folder]);
    for (const name of readdirSync(folder)) if (name.startsWith('candles.sqlite')) rmSync(join(folder, name));
    const words = ['export', '--symbol', 'BTC-USDT', '--output', folder];
    expect((await runInProcess(words)).stdout).toBe(
      'time,open,high,low,close,volume\n2026-11-20T00:00:00Z,1,1,1,1,1\n',
    );
    expect((await runInProcess([...words, '--fill'])).stderr).toBe(
      `error: --fill: needs the store "${join(folder, 'candles.sqlite')}", which knows the quiet slots\n`,
    );
    expect(existsSync(join(folder, 'candles.sqlite'))).toBe(false);
  });
});

describe('filling', () => {
  it('stops at a hole: the price after it is not known until something trades', () => {
    const table = findExportTable(join(output, 'parquet'), undefined);
    const row = (slot: number, close: number) => ({
      openTime: slot,
      values: [close, close, close, close, 1],
      isFilled: false,
      status: 'final',
    });
    const openTimes = [0, 1, 2, 3, 4, 5, 6];
    const [rows, close] = fillQuiet([row(1, 10), row(5, 20)], {
      table,
      openTimes,
      quiet: new Set([0, 2, 4, 6]),
      close: 9,
    });
    // 3 is missing, so 4 has no price.
    expect(rows.map(({ openTime, values, isFilled }) => [openTime, values[3], isFilled])).toEqual([
      [0, 9, true],
      [1, 10, false],
      [2, 10, true],
      [5, 20, false],
      [6, 20, true],
    ]);
    expect(close).toBe(20);
  });
});
