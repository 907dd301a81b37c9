import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { candlesPath, LAKE_TABLES, type TableName } from '@candlelake/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { savedQueries } from '../../infra/queries.ts';
import { replaceFile } from '../../packages/cli/src/adapters/durableFile.ts';
import { openLakeDatabase } from '../../packages/cli/src/query/duckDb.ts';
import { readStatements } from '../../packages/cli/src/query/prompt.ts';
import { encode } from '../support/encoder.ts';
import { datesUntil } from '../support/queryLake.ts';
import { readRows } from '../support/readParquet.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, runProgram, startCommand, temporaryFolder } from './program.ts';

const DAY = 86_400_000;
const SLOT = 180_000;
const HEADER = 'open_time_ms,open,high,low,close,volume';
const ZONES = ['UTC', 'Asia/Tokyo', 'America/New_York'] as const;
/** The first slot of three whole days before today. */
const START = Math.floor(Date.now() / DAY) * DAY - 3 * DAY;

const output = temporaryFolder();
/** A price that swings with a period of nine hours; the slots 5 of each day are missing. */
const candles = Array.from({ length: 3 * 480 }, (_, slot) => slot)
  .filter((slot) => slot % 480 !== 5)
  .map((slot) => {
    const price = 100 + Math.round(1_000 * Math.sin((slot / 180) * 2 * Math.PI)) / 100;
    return {
      openTime: START + slot * SLOT,
      open: price,
      high: price + 1,
      low: price - 1,
      close: price + 0.5,
    };
  });

beforeAll(async () => {
  const file = join(temporaryFolder(), 'candles.csv');
  const rows = candles.map(({ openTime, open, high, low, close }) =>
    [openTime, open, high, low, close, 2].join(),
  );
  writeFileSync(file, [HEADER, ...rows].join('\n'));
  const { code, stderr } = await runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', output]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

function query(sql: string, ...words: readonly string[]) {
  return runInProcess(['query', sql, '--output', output, ...words]);
}

const FIRST_TWO = `SELECT open_time, close, symbol AS "the ""symbol""", NULL AS nothing, count(*) OVER () AS rows
  FROM candles ORDER BY open_time LIMIT 2`;
const [FIRST, SECOND] = candles.map(({ openTime, close }) => ({
  time: new Date(openTime).toISOString().replace('.000', ''),
  close,
})) as [{ time: string; close: number }, { time: string; close: number }];

describe('candlelake query', () => {
  it('prints an aligned table', async () => {
    const { code, stdout, stderr } = await query(FIRST_TWO);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      'open_time close the "symbol" nothing rows',
      `${FIRST.time} ${FIRST.close} BTC-USDT null 1437`,
      `${SECOND.time} ${SECOND.close} BTC-USDT null 1437`,
      '2 rows',
      '',
    ]);
    const [header, row] = stdout.split('\n') as [string, string];
    expect(header.length).toBe(row.length);
  });

  it('writes CSV, JSON, NDJSON and Parquet with the same values', async () => {
    const csv = await query(FIRST_TWO, '--format', 'csv');
    expect(csv.stdout).toBe(
      `open_time,close,"the ""symbol""",nothing,rows\n${FIRST.time},${FIRST.close},BTC-USDT,,1437\n${SECOND.time},${SECOND.close},BTC-USDT,,1437\n`,
    );
    const objects = [FIRST, SECOND].map(({ time, close }) => ({
      open_time: time,
      close,
      'the "symbol"': 'BTC-USDT',
      nothing: null,
      rows: 1_437,
    }));
    expect(JSON.parse((await query(FIRST_TWO, '--format', 'json')).stdout)).toEqual(objects);
    const lines = (await query(FIRST_TWO, '--format', 'ndjson')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(objects);
    const bin = join(ROOT, 'packages/cli/bin/candlelake.mjs');
    const words = [bin, 'query', FIRST_TWO, '--format', 'parquet', '--output', output];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'buffer' });
    expect(await readRows(stdout)).toEqual(
      objects.map((row) => ({ ...row, open_time: Date.parse(row.open_time) })),
    );
  });

  it('writes an empty JSON array for no rows', async () => {
    const { stdout } = await query('SELECT 1 WHERE false', '--format', 'json');
    expect(JSON.parse(stdout)).toEqual([]);
  });

  it('shows instants in UTC, decimals in full and nested values, whatever the zone of the host', async () => {
    const sql = `SELECT TIMESTAMPTZ '2026-01-01 00:00:00.5+00' AS zoned, TIMESTAMP '2026-01-01 10:00:00' AS local,
      DATE '2026-01-02' AS day, CAST('12345678901234567.25' AS DECIMAL(20, 2)) AS price, [1, 2] AS list`;
    const { stdout } = await runProgram(['query', sql, '--format', 'ndjson', '--output', output], {
      TZ: 'Asia/Tokyo',
    });
    expect(stdout).toBe(
      '{"zoned":"2026-01-01T00:00:00.5Z","local":"2026-01-01T10:00:00Z","day":"2026-01-02","price":12345678901234567.25,"list":"[1, 2]"}\n',
    );
  });

  it.each(Object.entries(LAKE_TABLES))(
    'has the columns of %s that Athena has, in its order',
    async (name, columns) => {
      const { stdout } = await query(`DESCRIBE ${name}`, '--format', 'ndjson');
      const found = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const types = { string: 'VARCHAR', timestamp: 'TIMESTAMP', double: 'DOUBLE', int32: 'INTEGER' };
      // infra/lake.ts declares the partition keys after the columns of the file.
      expect(found.map(({ column_name, column_type }) => [column_name, column_type])).toEqual([
        ...columns.map((column) => [column.name, types[column.type]]),
        [name === 'bars' ? 'timeframe' : 'interval', 'VARCHAR'],
        ['date', 'VARCHAR'],
      ]);
    },
  );

  it('prints views that another DuckDB takes as they are', async () => {
    const { stdout } = await runInProcess(['query', '--print-views', '--output', output]);
    const answer = await query(`${stdout} SELECT count(*) AS rows FROM candles`, '--format', 'csv');
    expect(answer.stdout).toBe('rows\n1437\n');
  });

  it('gives an empty table where the lake has no file, also in a folder named like a pattern', async () => {
    const folder = join(temporaryFolder(), "it's [1] of *?");
    await mkdir(join(folder, 'parquet'), { recursive: true });
    const words = ['query', 'SELECT count(close_time) AS n FROM candles', '--output', folder];
    expect((await runInProcess([...words, '--format', 'csv'])).stdout).toBe('n\n0\n');
    const file = join(folder, 'candles.csv');
    writeFileSync(file, `${HEADER}\n${START},1,1,1,1,1`);
    await runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', folder]);
    expect((await runInProcess([...words, '--format', 'csv'])).stdout).toBe('n\n1\n');
  });

  it('reads statements from a file and from standard input', async () => {
    const file = join(temporaryFolder(), 'query.sql');
    writeFileSync(file, '-- two\nSET threads = 1;\nSELECT 1 AS a;\nSELECT 2 AS b -- last\n');
    const fromFile = await runInProcess(['query', '-f', file, '--format', 'csv', '--output', output]);
    expect(fromFile).toEqual({ code: 0, stdout: 'a\n1\nb\n2\n', stderr: '' });
    const bin = join(ROOT, 'packages/cli/bin/candlelake.mjs');
    const piped = spawnSync(process.execPath, [bin, 'query', '--output', output], {
      input: 'SELECT 7 AS seven;',
      encoding: 'utf8',
    });
    expect(piped.stdout).toBe('  seven\n      7\n1 row\n');
  });

  const files = readdirSync(join(ROOT, 'queries'));

  it('the files of queries are those that are saved in Athena', () => {
    expect(files.length).toBe(savedQueries({ interval: '3m', timeframe: '21m' }).length);
  });

  /** All queries as one script, with a row that names the file before the answer of each. */
  function scriptOf(names: readonly string[]): string {
    const path = join(temporaryFolder(), 'all.sql');
    const texts = names.map(
      (name) => `SELECT 'in ${name}' AS file;\n${readFileSync(join(ROOT, 'queries', name), 'utf8')};\n`,
    );
    writeFileSync(path, texts.join(''));
    return path;
  }

  it('the files of queries answer the same in three time zones of the host', async () => {
    const words = ['query', '-f', scriptOf(files), '--format', 'csv', '--output', output];
    for (;;) {
      const [today] = datesUntil(Date.now(), 0);
      const answers = [];
      for (const TZ of ZONES) answers.push(await runProgram(words, { TZ }));
      if (datesUntil(Date.now(), 0)[0] !== today) continue;
      for (const { code, stderr } of answers) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [first, ...others] = answers.map(({ stdout }) => stdout);
      const ofFiles = first!.split(/^file\nin /m).slice(1);
      expect(ofFiles.map((text) => text.split('\n')[0])).toEqual(files);
      // The name of the file, a header, a row and the end of the last line.
      for (const text of ofFiles) expect(text.split('\n').length, text).toBeGreaterThan(3);
      expect(others).toEqual([first, first]);
      return;
    }
  });

  const WRONG: readonly [words: readonly string[], line: RegExp][] = [
    [['SELECT nope FROM bars'], /^error: query: Binder Error: Referenced column "nope" not found/],
    [['; -- nothing'], /^error: query: no statement, expected SQL such as/],
    [['SELEC 1'], /^error: query: Parser Error: syntax error at or near "SELEC"/],
    [['SELECT 1 FROM nowhere'], /^error: query: Catalog Error: Table with name nowhere does not exist!/],
    [
      ['SELECT 1; SELECT 2', '--format', 'parquet'],
      /^error: query: 2 statements, expected one for --format parquet\n$/,
    ],
    [['SELECT 1', '-f', 'some.sql'], /^error: --file "some.sql": expected either a file or a query\n$/],
    [['-f', 'no/such.sql'], /^error: --file "no\/such.sql": can't be read, expected a file with SQL\n$/],
    [
      ['SELECT 1', '--output', 'no/such'],
      /^error: --output "no\/such": no lake in it, expected the folder of a stream\n$/,
    ],
  ];
  it.each(WRONG)('ends %j with 2 and one line', async (words, line) => {
    const place = words.includes('--output') ? [] : ['--output', output];
    const { code, stdout, stderr } = await runInProcess(['query', ...words, ...place]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('says what to install when DuckDB is missing; --print-views does without', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name === '@duckdb/node-api') throw new Error('not found');
        return next(name, context);
      } });`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(hook)}`;
    const { version } = JSON.parse(
      readFileSync(join(ROOT, 'node_modules/@duckdb/node-api/package.json'), 'utf8'),
    );
    expect(await runProgram(['query', 'SELECT 1', '--output', output], { NODE_OPTIONS })).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: query needs DuckDB, which is not installed: npm install @duckdb/node-api@${version}\n`,
    });
    const views = await runProgram(['query', '--print-views', '--output', output], { NODE_OPTIONS });
    expect(views.code).toBe(0);
  });

  it('ends quietly when its reader has read enough', async () => {
    const sql = 'SELECT * FROM range(3000000)';
    const command = `node packages/cli/bin/candlelake.mjs query '${sql}' --format csv --output '${output}' | head -n 1`;
    const { stdout, stderr } = await startCommand('bash', ['-o', 'pipefail', '-c', command]).ended;
    expect({ stdout, stderr }).toEqual({ stdout: 'range\n', stderr: '' });
  });
});

describe('the prompt', () => {
  it('runs statements of several lines, goes on after an error, and keeps a history', async () => {
    const historyPath = join(temporaryFolder(), 'history');
    const input = new PassThrough();
    const screen = new PassThrough();
    const ran: string[] = [];
    const run = async (sql: string) => {
      ran.push(sql);
      if (sql.startsWith('WRONG')) throw new Error('Parser Error:\nno such word');
    };
    input.end('SELECT 1,\n\n  2;\nWRONG;\nSELECT 3;\nexit\nSELECT 4;\n');
    await readStatements({ input, output: screen, historyPath, run, interrupt: () => {} });
    expect(ran).toEqual(['SELECT 1,\n\n  2;\n', 'WRONG;\n', 'SELECT 3;\n']);
    expect(String(screen.read())).toContain('error: Parser Error: no such word\n');
    expect(readFileSync(historyPath, 'utf8')).toBe('SELECT 1,\n  2;\nWRONG;\nSELECT 3;\nexit\n');
  });
});

describe('an object that is replaced', () => {
  const path = candlesPath('3m', START);

  /** A day of one symbol in which every value is `value`. */
  function dayOf(value: number): Uint8Array {
    const length = 480;
    const texts = (text: string) => ({ texts: [text], codes: new Uint16Array(length) });
    const values = new Float64Array(length).fill(value);
    const times = Float64Array.from({ length }, (_, slot) => START + slot * SLOT);
    return encode({
      name: 'candles' satisfies TableName,
      length,
      columns: {
        ...{ market: texts('swap'), symbol: texts('BTC-USDT') },
        ...{ open_time: times, close_time: times.map((time) => time + SLOT) },
        ...{
          open: values,
          high: values.slice(),
          low: values.slice(),
          close: values.slice(),
          volume: values.slice(),
        },
        ...{ status: texts('final'), source: texts('history') },
      },
      metadata: { schemaVersion: 1, derivationVersion: 1 },
    });
  }

  async function lakeOf(value: number) {
    const root = temporaryFolder();
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await replaceFile(file, dayOf(value));
    const database = await openLakeDatabase(root);
    const ask = async () => {
      const sql =
        'SELECT least(min(open), min(volume)), greatest(max(open), max(volume)), count(close) FROM candles';
      for await (const { batches } of database.run(sql)) for await (const [row] of batches) return row!;
      throw new Error('no row');
    };
    return { file, database, ask };
  }

  it('is read as it was before or after, never a mixture, while it is replaced all the time', async () => {
    const { file, database, ask } = await lakeOf(1);
    let written = 1;
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        await replaceFile(file, dayOf(written + 1));
        written += 1;
      }
    })();
    const seen = new Set<unknown>();
    let before = 1;
    while (seen.size < 20) {
      const [least, greatest, count] = await ask();
      expect([least, count]).toEqual([greatest, 480n]);
      expect(least).toBeGreaterThanOrEqual(before);
      before = written;
      seen.add(least);
    }
    isOver = true;
    await writing;
    database.close();
  });

  it('is read anew by the next statement, also when size and time of the file are the same', async () => {
    const { file, database, ask } = await lakeOf(4);
    expect(await ask()).toEqual([4, 4, 480n]);
    const { size, atime, mtime } = statSync(file);
    await replaceFile(file, dayOf(8));
    utimesSync(file, atime, mtime);
    expect(statSync(file).size).toBe(size);
    expect(await ask()).toEqual([8, 8, 480n]);
    database.close();
  });
});
