import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ImportRow, parseFileTime } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { parseColumns } from '../../packages/cli/src/files/candleColumns.ts';
import { type CandleFileOptions, openCandleFile } from '../../packages/cli/src/files/candleFile.ts';
import { makeZip } from '../support/makeZip.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, temporaryFolder } from './program.ts';

const DAY = Date.UTC(2025, 7, 2);
const SLOT = 180_000;
/** The values of three candles. */
const VALUES = [
  ['10.5', '12', '9.25', '11', '3.25'],
  ['11', '11.75', '10', '10.5', '0'],
  ['10.5', '10.5', '10.5', '10.5', '1234.5678'],
] as const;
const TIMES = VALUES.map((_, slot) => DAY + slot * SLOT);
const iso = (time: number) => new Date(time).toISOString();

/** Lines with a time and the five values of each candle, and what follows them. */
function lines(time: (openTime: number) => string | number, { separator = ',', more = '' } = {}): string[] {
  return VALUES.map((values, slot) => [time(TIMES[slot]!), ...values].join(separator) + more);
}

/** A row of Binance's public candle files: twelve columns. Source: github.com/binance/binance-public-data. */
const BINANCE_MORE = ',1754092979999,35.75,7,1.5,16.5,0';
const BINANCE_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
/** Without quotes or with them, as numbers: ccxt writes numbers, some programs write texts. */
const json = (write: (value: string | number) => string | number) =>
  `[${VALUES.map((values, slot) => `[${[TIMES[slot]!, ...values].map(write).join(', ')}]`).join(',\n ')}]`;

const ms = (time: number) => time;
const dump = lines(ms, { more: BINANCE_MORE }).join('\n');
const FILES: readonly [
  what: string,
  content: string | Buffer,
  description: string,
  options?: CandleFileOptions,
][] = [
  [
    'our CSV',
    ['open_time_ms,open,high,low,close,volume', ...lines(ms)].join('\n'),
    'CSV with a header, times in epoch ms',
  ],
  [
    'our export',
    ['time,open,high,low,close,volume', ...lines((time) => iso(time).replace('.000', ''))].join('\n'),
    'CSV with a header, times in ISO 8601',
  ],
  [
    'our export with filled rows, which are left out',
    [
      'time,open,high,low,close,volume,filled',
      ...lines(iso, { more: ',0' }),
      `${iso(DAY + 3 * SLOT)},10.5,10.5,10.5,10.5,0,1`,
    ].join('\n'),
    'CSV with a header, times in ISO 8601',
  ],
  [
    'a chart of TradingView in seconds',
    ['time,open,high,low,close,Volume,Volume MA', ...lines((t) => t / 1000, { more: ',' })].join('\n'),
    'CSV with a header, times in epoch s',
  ],
  [
    'a chart of TradingView in the time of another zone',
    ['time,open,high,low,close,Volume', ...lines((t) => iso(t + 7_200_000).replace('.000Z', '+02:00'))].join(
      '\n',
    ),
    'CSV with a header, times in ISO 8601',
  ],
  ["an exchange's dump in milliseconds", dump, 'CSV without a header, times in epoch ms'],
  [
    "an exchange's dump in microseconds",
    lines((t) => t * 1000, { more: BINANCE_MORE }).join('\n'),
    'CSV without a header, times in epoch us',
  ],
  [
    "an exchange's dump with a header",
    [BINANCE_HEADER, ...lines(ms, { more: BINANCE_MORE })].join('\r\n'),
    'CSV with a header, times in epoch ms',
  ],
  [
    'six columns without a header in seconds',
    lines((t) => t / 1000).join('\n'),
    'CSV without a header, times in epoch s',
  ],
  [
    'a byte order mark, semicolons, CR LF and quotes',
    `\uFEFF"Time";"Open";"High";"Low";"Close";"Volume"\r\n${lines(iso, { separator: '";"' })
      .map((line) => `"${line}"`)
      .join('\r\n')}\r\n`,
    'CSV with a header, times in ISO 8601',
  ],
  [
    'tabs and line ends of CR',
    ['time\topen\thigh\tlow\tclose\tvolume', ...lines(ms, { separator: '\t' })].join('\r'),
    'CSV with a header, times in epoch ms',
  ],
  ['rows of ccxt', json((value) => value), 'JSON arrays, times in epoch ms'],
  [
    'rows of freqtrade with decimals',
    json((value) => (Number(value) > 1e9 ? value : Number(value).toFixed(8))),
    'JSON arrays, times in epoch ms',
  ],
  ['rows of texts', json((value) => `"${value}"`), 'JSON arrays, times in epoch ms'],
  [
    'a zip',
    makeZip({ 'folder/': '', 'BTCUSDT-3m-2025-08.csv': dump }),
    'CSV without a header, times in epoch ms',
  ],
  ['gzip', gzipSync(dump), 'CSV without a header, times in epoch ms'],
  [
    'columns by name',
    ['Stamp,V,C,L,H,O', ...VALUES.map((values, slot) => [TIMES[slot], ...values.toReversed()].join())].join(
      '\n',
    ),
    'CSV with a header, times in epoch ms',
    { columns: parseColumns('time=Stamp,open=O,high=H,low=L,close=C,volume=v') },
  ],
  [
    'columns by number',
    VALUES.map((values, slot) => ['x', ...values, TIMES[slot]].join())
      .join('\n')
      .replaceAll(/^x/gm, '0'),
    'CSV without a header, times in epoch ms',
    { columns: parseColumns('time=7,open=2,high=3,low=4,close=5,volume=6') },
  ],
];

function write(content: string | Buffer): string {
  const file = join(temporaryFolder(), 'candles.data');
  writeFileSync(file, content);
  return file;
}

describe('a file of candles', () => {
  it.each(FILES)('is understood: %s', async (_, content, description, options = {}) => {
    const file = await openCandleFile(write(content), options);
    const rows: ImportRow[] = [];
    for await (const batch of file.batches) rows.push(...batch);
    const found = rows.map(({ openTime, open, high, low, close, volume }) => [
      parseFileTime(openTime, file.time.unit),
      ...[open, high, low, close, volume].map(Number),
    ]);
    expect(found).toEqual(VALUES.map((values, slot) => [TIMES[slot], ...values.map(Number)]));
    expect(file.description).toContain(`: ${description}`);
  });

  it('takes the unit of the times from the option before the rows', async () => {
    const content = ['time,open,high,low,close,volume', ...lines(ms)].join('\n');
    expect((await openCandleFile(write(content), { timeUnit: 'us' })).time).toEqual({
      column: 'time',
      unit: 'us',
    });
  });

  it('keeps values with line ends and doubled quotes together, and counts their lines', async () => {
    const content = `time,open,high,low,close,volume,note\n${DAY},1,1,1,1,1,"a ""b"",\nc"\n${DAY + SLOT},2,2,2,2,2,\n`;
    const rows: ImportRow[] = [];
    for await (const batch of (await openCandleFile(write(content))).batches) rows.push(...batch);
    expect(rows.map(({ line, open }) => [line, open])).toEqual([
      [2, '1'],
      [4, '2'],
    ]);
  });
});

describe('a Feather file of freqtrade, packed with LZ4', () => {
  const file = join(ROOT, 'tests/fixtures/freqtrade/BTC_USDT_USDT-3m-futures.feather');

  it('has the candles of the CSV that it was made from', async () => {
    const [output, fromCsv] = [temporaryFolder(), temporaryFolder()];
    const csv = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
    const { code, stdout } = await runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', output]);
    expect(code).toBe(0);
    expect(stdout).toContain(`reading ${file}: Feather, times in epoch ms\n`);
    expect(stdout).toContain('imported 312 candles (312 new)');
    await runInProcess(['import', csv, '--symbol', 'BTC-USDT', '--output', fromCsv]);
    const [one, other] = [output, fromCsv].map((folder) => [
      'export',
      '--symbol',
      'BTC-USDT',
      '--output',
      folder,
    ]);
    expect((await runInProcess(one!)).stdout).toBe((await runInProcess(other!)).stdout);
  });

  it.each([0, 3_000, 9_000])('is refused in one line when it is damaged at byte %i', async (at) => {
    const bytes = Buffer.from(readFileSync(file));
    bytes.fill(0xff, at, at + 40);
    const path = write(bytes.subarray(0, at === 0 ? 300 : bytes.length));
    const output = join(temporaryFolder(), 'out');
    const { code, stderr } = await runInProcess(['import', path, '--symbol', 'BTC-USDT', '--output', output]);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(code).toBe(2);
  });
});

const HEADER = 'open_time_ms,open,high,low,close,volume';
const damaged = makeZip({ 'a.csv': dump });
damaged[damaged.indexOf('PK\x01\x02') + 16]! ^= 1;
const WRONG: readonly [what: string, content: string | Buffer, words: readonly string[], message: RegExp][] =
  [
    [
      'a zip of two files',
      makeZip({ 'a.csv': dump, 'b.csv': dump }),
      [],
      /: a zip of 2 files, expected one\n$/,
    ],
    ['a damaged zip', damaged, [], /: can't be unpacked: its checksum is wrong\n$/],
    ['no zip behind its first bytes', 'PK, open', [], /: can't be unpacked: /],
    ['damaged gzip', gzipSync(dump).subarray(0, 60), [], /: can't be unpacked: /],
    [
      'JSON of objects',
      '[{"time":1}]',
      [],
      / row 1: expected JSON such as \[\[time, open, high, low, close, volume\], …\]\n$/,
    ],
    [
      'lines of JSON objects',
      `{"time":"2025-08-02T00:00:00Z","open":1}\n{"time":"2025-08-02T00:03:00Z","open":1}\n`,
      [],
      / row 1: expected JSON such as \[\[time, open, high, low, close, volume\], …\]\n$/,
    ],
    [
      'text in UTF-16',
      Buffer.from(`\uFEFF${HEADER}\n${DAY},1,1,1,1,1`, 'utf16le'),
      [],
      /: is written in UTF-16, expected UTF-8: save it as "CSV UTF-8"\n$/,
    ],
    [
      'Feather that is cut off',
      `ARROW1\0\0${'x'.repeat(50)}`,
      [],
      /: can't be read as Feather: it is damaged or cut off\n$/,
    ],
    [
      'dates in another order',
      `time,open,high,low,close,volume\n20.11.2025 00:00,1,1,1,1,1`,
      [],
      / line 2: time "20\.11\.2025 00:00": expected .*; dates are read as 2026-11-22T00:03:00Z or 2026-11-22 00:03\n$/,
    ],
    [
      'a column with the number 0',
      `${HEADER}\n${DAY},1,1,1,1,1`,
      ['--columns', 'time=0'],
      / line 1: column "0" is missing, expected one of open_time_ms,open,high,low,close,volume\n$/,
    ],
    [
      'a column that is given twice',
      `${HEADER}\n${DAY},1,1,1,1,1`,
      ['--columns', 'time=1,open=2,time=3'],
      /^error: --columns "time=1,open=2,time=3": time is given twice, expected once\n$/,
    ],
    ['JSON that is cut off', json((value) => value).slice(0, -40), [], / row 3: expected JSON such as /],
    [
      'JSON with a wrong number',
      json((value) => (value === '11.75' ? 'null' : value)),
      [],
      / row 2: high "null": expected a decimal number, not below zero\n$/,
    ],
    ['JSON with rows too short', `[[${DAY}, 1, 2]]`, [], / line 1: 3 values, expected a header with /],
    [
      'rows too short',
      `1,2,3\n4,5,6`,
      [],
      / line 1: 3 values, expected a header with open_time_ms,open,high,low,close,volume, or rows in this order\n$/,
    ],
    [
      'an unknown header',
      `a,b\n1,2`,
      [],
      / line 1: column "open_time_ms" is missing, expected a header with /,
    ],
    [
      'a column that is not there',
      `${HEADER}\n${DAY},1,1,1,1,1`,
      ['--columns', 'open=first'],
      / line 1: column "first" is missing, expected one of open_time_ms,open,high,low,close,volume\n$/,
    ],
    [
      'columns without a name',
      `${HEADER}\n${DAY},1,1,1,1,1`,
      ['--columns', 'open'],
      /^error: --columns "open": expected such as time=Date,open=Open with time, open, high, low, close, volume\n$/,
    ],
    [
      'a name without a header',
      lines(ms).join('\n'),
      ['--columns', 'open=first'],
      /^error: --columns "open=first": ".*" has no header, expected the number of a column\n$/,
    ],
    [
      'two units of time',
      ['time,open,high,low,close,volume', `${DAY / 1000},1,1,1,1,1`, `${DAY + SLOT},1,1,1,1,1`].join('\n'),
      [],
      / line 3: time "\d+": expected a candle that closed before /,
    ],
    [
      'a time off the grid',
      ['time,open,high,low,close,volume', '2025-08-02T00:01:00Z,1,1,1,1,1'].join('\n'),
      [],
      / line 2: time "2025-08-02T00:01:00Z": expected a time such as 2026-11-22T00:03:00Z at the start of a 3m candle\n$/,
    ],
    ['bytes of something else', Buffer.from([0, 255, 1, 254, 10, 3]), [], /^error: .*\n$/],
  ];

describe('a wrong file', () => {
  it.each(WRONG)(
    'is refused with 2 and one line, and nothing is stored: %s',
    async (_, content, words, message) => {
      const output = join(temporaryFolder(), 'out');
      const place = ['--symbol', 'BTC-USDT', '--output', output];
      const { code, stderr } = await runInProcess(['import', write(content), ...place, ...words]);
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd()).not.toContain('\n');
      expect(code).toBe(2);
      expect(existsSync(join(output, 'parquet'))).toBe(false);
    },
  );

  it('leaves store and lake as they were, byte for byte, also when its last row is the wrong one', async () => {
    const output = join(temporaryFolder(), 'out');
    const place = ['--symbol', 'BTC-USDT', '--output', output];
    const good = [HEADER, ...lines(ms)];
    expect((await runInProcess(['import', write(good.join('\n')), ...place])).code).toBe(0);
    const before = contentOf(output);
    expect(Object.keys(before).length).toBeGreaterThan(3);
    const other = good.map((line) => line.replace('11.75', '11.5'));
    const wrong = write([...other, `${DAY + 3 * SLOT},1,1,x,1,1`].join('\n'));
    const { code, stderr } = await runInProcess(['import', wrong, ...place]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: "${wrong}" line 5: low "x": expected a decimal number, not below zero\n`,
    });
    expect(contentOf(output)).toEqual(before);
  });
});

/** The bytes of every file of a folder as text, by path. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(path, 'latin1')]));
}

describe('--dry-run', () => {
  const content = [HEADER, ...lines(ms)].join('\n');
  const run = (file: string, output: string, ...words: readonly string[]) =>
    runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', output, ...words]);

  it('shows the first rows as understood and what would change, and writes nothing', async () => {
    const output = join(temporaryFolder(), 'out');
    const file = write(content);
    const { code, stdout } = await run(file, output, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        `reading ${file}: CSV with a header, times in epoch ms`,
        '  2025-08-02T00:00Z  open 10.5  high 12  low 9.25  close 11  volume 3.25',
        '  2025-08-02T00:03Z  open 11  high 11.75  low 10  close 10.5  volume 0',
        '  2025-08-02T00:06Z  open 10.5  high 10.5  low 10.5  close 10.5  volume 1234.5678',
        'BTC-USDT 3m: would import 3 candles (3 new, 0 replaced, 0 as they are) from 2025-08-02T00:00Z to 2025-08-02T00:09Z',
        '',
      ].join('\n'),
    );
    expect(existsSync(output)).toBe(false);
  });

  it('compares with the store, which stays as it is', async () => {
    const output = temporaryFolder();
    await run(write(content), output);
    const before = readFileSync(join(output, 'candles.sqlite'));
    const changed = write(
      [HEADER, ...lines(ms).slice(1), `${DAY + 9 * SLOT},1,1,1,1,1`].join('\n').replace('11.75', '11.7'),
    );
    const { stdout } = await run(changed, output, '--dry-run');
    expect(stdout).toContain('would import 3 candles (1 new, 1 replaced, 1 as they are)');
    expect(readFileSync(join(output, 'candles.sqlite')).equals(before)).toBe(true);
  });
});

describe('what is exported', () => {
  const fixture = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
  const place = (output: string) => ['--symbol', 'BTC-USDT', '--output', output];

  it.each([[[]], [['--fill']]])(
    'with %j is exported again with the same bytes after an import into an empty store',
    async (words) => {
      const [first, second] = [temporaryFolder(), temporaryFolder()];
      await runInProcess(['import', fixture, ...place(first)]);
      const { stdout } = await runInProcess(['export', ...place(first), ...words]);
      expect((await runInProcess(['import', write(stdout), ...place(second)])).code).toBe(0);
      const again = await runInProcess(['export', ...place(second), ...words]);
      expect(again.stdout.split('\n').length).toBe(314);
      expect(again.stdout).toBe(stdout);
      const name = 'parquet/candles/interval=3m/date=2025-08-02/candles.parquet';
      expect(readFileSync(join(second, name)).equals(readFileSync(join(first, name)))).toBe(true);
    },
  );
});
