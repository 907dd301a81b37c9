import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { runInProcess } from './inProcess.ts';
import { type ProgramResult, ROOT, startCommand, startProgram, temporaryFolder } from './program.ts';

const RECORDED = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
const HEADER = 'open_time_ms,open,high,low,close,volume';
const DAY = Date.UTC(2025, 7, 2);
const SLOT = 180_000;

function csv(lines: readonly string[]): string {
  const file = join(temporaryFolder(), 'candles.csv');
  writeFileSync(file, lines.join('\n'));
  return file;
}

function importInto(output: string, file: string, ...words: readonly string[]): Promise<ProgramResult> {
  return runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', output, ...words]);
}

async function withStore<T>(output: string, use: (store: SqliteStore) => Promise<T>): Promise<T> {
  const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

async function query(sql: string): Promise<readonly unknown[][]> {
  const duckdb = await DuckDBInstance.create();
  const connection = await duckdb.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  duckdb.closeSync();
  return rows;
}

/** Rows of one day of flat candles without the `missing` slots. */
function flatDay(missing: readonly number[] = []): readonly string[] {
  const slots = Array.from({ length: 480 }, (_, slot) => slot).filter((slot) => !missing.includes(slot));
  return [HEADER, ...slots.map((slot) => `${DAY + slot * SLOT},10,10,10,10,1`)];
}

describe('candlelake import', () => {
  it('takes the symbol from a variable', async () => {
    const file = csv(flatDay());
    const words = ['import', file, '--output', temporaryFolder()];
    const { code, stdout } = await runInProcess(words, { CANDLELAKE_SYMBOL: 'ETH-USDT' });
    expect(stdout).toContain('ETH-USDT 3m: imported 480 candles');
    expect(code).toBe(0);
  });

  it('that is refused does not fix the interval of the store', async () => {
    const output = temporaryFolder();
    const refused = await importInto(output, csv([HEADER, `${DAY + 1},1,1,1,1,1`]), '--interval', '1m');
    expect(refused.code).toBe(2);
    expect((await importInto(output, csv(flatDay()))).code).toBe(0);
  });

  it('that is refused leaves the settings and the days of an existing store as they were', async () => {
    const output = temporaryFolder();
    await importInto(output, csv(flatDay()));
    const held = () =>
      withStore(output, async (store) => [await store.readSettings(), await store.dirtyDays()]);
    const before = await held();
    const refused = await importInto(output, csv([HEADER, `${DAY + 1},1,1,1,1,1`]), '--ma-short', '2');
    expect(refused.code).toBe(2);
    expect(refused.stdout).not.toContain('derived again');
    expect(await held()).toEqual(before);
    expect(before).toEqual([expect.objectContaining({ periods: { maShort: 3, maLong: 7, atr: 14 } }), []]);
  });

  it('imports a file into store and lake, and reports how many candles', async () => {
    const output = temporaryFolder();
    const { code, stdout, stderr } = await importInto(output, RECORDED);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      'BTC-USDT 3m: imported 312 candles (312 new) from 2025-07-15T19:24Z to 2025-08-03T03:00Z',
    );
    // The expected sums come from the file itself, by DuckDB.
    const columns =
      'count(*), sum(open::DECIMAL(18,4)), sum(close::DECIMAL(18,4)), sum(volume::DECIMAL(18,4))';
    expect(await query(`SELECT ${columns} FROM '${output}/parquet/candles/*/*/*.parquet'`)).toEqual(
      await query(`SELECT ${columns} FROM '${RECORDED}'`),
    );
    const again = await importInto(output, RECORDED);
    expect(again.stdout).toContain('imported 312 candles (0 new)');
  });

  it('keeps the recorded candle whose open is above its high, in one line and in the lake (trap 37)', async () => {
    const file = join(ROOT, 'tests/fixtures/bingx/uni-usdt-15m-real.csv');
    const output = temporaryFolder();
    const words = ['--symbol', 'UNI-USDT', '--interval', '15m', '--timeframe', '30m', '--output', output];
    const { code, stdout, stderr } = await runInProcess(['import', file, ...words]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('UNI-USDT 15m: imported 96 candles (96 new)');
    expect(stdout.match(/irregular/g)).toHaveLength(1);
    expect(stdout).toContain(
      'UNI-USDT 15m: the candle at 2025-06-22T07:30Z is irregular and kept as sent: open 6.434, high 6.433, low 6.389, close 6.402',
    );
    // Of the file's two rows of the bar, 07:30 has open 6.434 and high 6.433, 07:45 has high 6.432.
    const where = "WHERE open_time = TIMESTAMPTZ '2025-06-22 07:30:00Z'";
    expect(await query(`SELECT open, high FROM '${output}/parquet/bars/*/*/*.parquet' ${where}`)).toEqual([
      [6.434, 6.433],
    ]);
  });

  it('names the line of a bad row, ends with 2, and imports nothing', async () => {
    const output = temporaryFolder();
    const rows = [...flatDay()];
    rows[300] = `${DAY},10,9,10,10,1`;
    const file = csv(rows);
    const { code, stderr } = await importInto(output, file);
    expect(code).toBe(2);
    expect(stderr).toBe(`error: "${file}" line 301: "10,9,10,10,1" is not a candle: high below low\n`);
    await withStore(output, async (store) => {
      expect([await store.listSeries(), await store.readSettings()]).toEqual([[], null]);
    });
  });

  it('counts lines as an editor does, past blank lines, a byte order mark and Windows line ends', async () => {
    const file = csv([
      `\uFEFF${HEADER},note`,
      `${DAY},10,10,10,10,1,a`,
      '',
      '',
      `${DAY + SLOT},10,10,10,10,x,b`,
    ]);
    const windows = csv(
      [HEADER, `${DAY},10,10,10,10,1`, '', `${DAY + SLOT},10,10,10,10,x`].map((line) => `${line}\r`),
    );
    expect((await importInto(temporaryFolder(), file)).stderr).toContain(' line 5: ');
    expect((await importInto(temporaryFolder(), windows)).stderr).toContain(' line 4: ');
  });

  it('skips rows of commas, as Excel writes them at the end of a file', async () => {
    const rows = [`${DAY},10,10,10,10,1`, ',,,,,', `${DAY + SLOT},10,10,10,10,1`, ',,,,,', ' , , , , , '];
    const { code, stdout } = await importInto(temporaryFolder(), csv([HEADER, ...rows]));
    expect(stdout).toContain('BTC-USDT 3m: imported 2 candles (2 new)');
    expect(code).toBe(0);
  });

  const FILES: readonly [what: string, lines: readonly string[], message: string][] = [
    [
      'without a column',
      ['open_time_ms,open,high,low,close', `${DAY},1,1,1,1`],
      ` line 1: column "volume" is missing, expected a header with ${HEADER}`,
    ],
    [
      'with a column twice',
      [`${HEADER},open`, `${DAY},1,1,1,1,1,1`],
      ` line 1: column "open" is given twice, expected a header with ${HEADER}`,
    ],
    [
      'with a row too short',
      [HEADER, `${DAY},1,1,1,1,1`, `${DAY + SLOT},1,1`],
      ' line 3: 3 values, expected the 6 of the header: open_time_ms,open,high,low,close,volume',
    ],
    ['with a quote that never ends', [HEADER, `${DAY},"1,1,1,1,1`, ''], ' line 2: not a CSV with a header: '],
    [
      'of hourly candles for a store of 3m',
      [HEADER, ...[0, 1, 2].map((hour) => `${DAY + hour * 20 * SLOT},1,1,1,1,1`)],
      ' line 2: rows are 1h apart, expected candles of 3m; for a file of 1h use --interval 1h and another --output',
    ],
    [
      'with a time in epoch seconds on the grid',
      [HEADER, `${DAY},1,1,1,1,1`, `${DAY / 1000},1,1,1,1,1`],
      ` line 3: open_time_ms "${DAY / 1000}" looks like epoch seconds, expected epoch ms`,
    ],
    ['without rows', [HEADER], ': has no candles, expected at least one row'],
    ['without anything', [''], ': has no candles, expected at least one row'],
  ];

  it.each(FILES)('refuses a file %s', async (_, lines, message) => {
    const file = csv(lines);
    const { code, stderr } = await importInto(temporaryFolder(), file);
    expect(stderr).toContain(`error: "${file}"${message}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it('refuses a file that is not there', async () => {
    const { code, stderr } = await importInto(temporaryFolder(), 'no/such.csv');
    expect(stderr).toBe('error: "no/such.csv": can\'t be read (ENOENT), expected a CSV file\n');
    expect(code).toBe(2);
  });

  it('imports all or nothing when it is killed during its write', async () => {
    const count = 150_000;
    const rows = Array.from({ length: count }, (_, slot) => `${DAY - slot * SLOT},10,10,10,10,1`);
    const file = csv([HEADER, ...rows]);
    let output = temporaryFolder();
    // On a busy machine an import can end before it is killed.
    while (!(await killWhileWriting(file, output))) output = temporaryFolder();
    const database = new DatabaseSync(join(output, 'candles.sqlite'));
    const { stored } = database.prepare('SELECT count(*) AS stored FROM candles').get() as { stored: number };
    database.close();
    expect([0, count]).toContain(stored);
  });
});

describe('flags that shape the lake', () => {
  const bars = (output: string, what: string) =>
    query(`SELECT ${what} FROM '${output}/parquet/bars/*/*/*.parquet'`);
  /** Without candle 20 the 21-minute bar 2 is short. */
  const file = () => csv(flatDay([20]));

  it('--skip-partial leaves short bars out of the lake (predecessor fault 44)', async () => {
    const [whole, skipped] = [temporaryFolder(), temporaryFolder()];
    const data = file();
    await Promise.all([importInto(whole, data), importInto(skipped, data, '--skip-partial')]);
    const count = "count(*)::INT, count(*) FILTER (status = 'short')::INT";
    expect(await bars(whole, count)).toEqual([[69, 1]]);
    expect(await bars(skipped, count)).toEqual([[68, 0]]);
  });

  it('--output is the folder of store and lake (predecessor fault 42)', async () => {
    const output = join(temporaryFolder(), 'deep', 'lake');
    const { code } = await importInto(output, file());
    expect(code).toBe(0);
    expect(statSync(join(output, 'candles.sqlite')).isFile()).toBe(true);
    expect(await bars(output, 'count(*)::INT')).toEqual([[69]]);
  });

  it('--output is the name of a folder also when it looks like a URI', async () => {
    const folder = temporaryFolder();
    const words = ['import', file(), '--symbol', 'BTC-USDT', '--output', 'file:x?mode=memory'];
    const { code, stderr } = await startCommand('candlelake', words, {}, folder).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual(['file:x?mode=memory']);
    expect(readdirSync(join(folder, 'file:x?mode=memory')).sort()).toEqual(
      expect.arrayContaining(['candles.sqlite', 'lake.lock', 'parquet']),
    );
  });

  it('--no-ma and --no-atr leave the columns empty and write all bars (predecessor fault 35)', async () => {
    const output = temporaryFolder();
    await importInto(output, file(), '--no-ma', '--no-atr');
    const columns = ['ma_short', 'ma_long', 'trend', 'ma_cross', 'tr', 'atr', 'atr_percent'];
    const counts = columns.map((column) => `count(${column})::INT`).join();
    expect(await bars(output, `count(*)::INT, ${counts}`)).toEqual([[69, 0, 0, 0, 0, 0, 0, 0]]);
  });

  it('--memory-mapped changes nothing but how the store is read (predecessor fault 43)', async () => {
    const [plain, mapped] = [temporaryFolder(), temporaryFolder()];
    const data = file();
    await Promise.all([importInto(plain, data), importInto(mapped, data, '--memory-mapped')]);
    expect(await bars(mapped, '*')).toEqual(await bars(plain, '*'));
  });

  it('are kept by a later import that does not name them', async () => {
    const output = temporaryFolder();
    const data = file();
    await importInto(output, data, '--timeframe', '42m,1h', '--ma-short', '2');
    const { stdout } = await importInto(output, data);
    expect(stdout).not.toContain('derived again');
    expect(await bars(output, 'DISTINCT timeframe')).toHaveLength(2);
  });

  it('derive everything again when they change, with a line; another interval is refused', async () => {
    const output = temporaryFolder();
    const data = file();
    await importInto(output, data);
    const { stdout } = await importInto(output, data, '--timeframe', '1h', '--ma-long', '9');
    expect(stdout).toContain(
      'was made with 21m, MA 3/7, ATR 14, now 60m, MA 3/9, ATR 14: all of it is derived again',
    );
    expect(await bars(output, 'count(*)::INT, count(ma_long)::INT')).toEqual([[24, 16]]);
    const refused = await importInto(output, data, '--interval', '1m', '--timeframe', '21m');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(
      `error: --interval "1m": the lake in "${output}" holds candles of 3m, expected that interval or another --output\n`,
    );
  });
});

/** Starts an import and kills it during its write. Resolves with false when it ended before. */
async function killWhileWriting(file: string, output: string): Promise<boolean> {
  const { process: child, ended } = startProgram([
    'import',
    file,
    '--symbol',
    'BTC-USDT',
    '--output',
    output,
  ]);
  let isOver = false;
  const result = ended.finally(() => {
    isOver = true;
  });
  // The log grows during the commit, which may be complete before the signal arrives.
  while (!isOver && logSize(output) < 1_000_000) await setTimeout(1);
  child.kill('SIGKILL');
  return (await result).code === null;
}

function logSize(output: string): number {
  return statSync(join(output, 'candles.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0;
}
