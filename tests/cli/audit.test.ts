import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { swapSeries } from '../support/swapSeries.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, temporaryFolder } from './program.ts';

const RECORDED = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
const CANDLES = 'parquet/candles/interval=3m/date=2025-08-02/candles.parquet';
const THIRD = CANDLES.replace('08-02', '08-03');
const SLOT = 180_000;
const BTC = swapSeries('BTC-USDT', '3m');

/** A folder with the lake of a recorded file, made once. */
let recorded: string;
/** A copy of it for each test. */
let output: string;

beforeAll(async () => {
  recorded = temporaryFolder();
  const words = ['import', RECORDED, '--symbol', 'BTC-USDT', '--output', recorded];
  expect((await runInProcess(words)).code).toBe(0);
});

beforeEach(() => {
  output = copyOf(recorded);
});

function copyOf(folder: string): string {
  const copy = temporaryFolder();
  for (const [path, bytes] of Object.entries(readFiles(folder))) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), bytes);
  }
  return copy;
}

/** All files of a folder by their path in it. */
function readFiles(folder: string): Readonly<Record<string, Buffer>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

async function withStore(folder: string, use: (store: SqliteStore) => Promise<unknown>): Promise<void> {
  const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: () => Date.UTC(2026, 10, 22, 12) });
  await use(store);
  store.close();
}

function damage(folder: string, path: string): void {
  const bytes = readFileSync(join(folder, path));
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(join(folder, path), bytes);
}

const audit = (...words: readonly string[]) => runInProcess(['audit', '--output', output, ...words]);
const json = async (...words: readonly string[]) => JSON.parse((await audit('--json', ...words)).stdout);

describe('candlelake audit', () => {
  it('prints the days that are not complete and the sum, and ends with 0: holes are no damage', async () => {
    const before = readFiles(output);
    const { code, stdout, stderr } = await audit();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [title, header, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toBe(`${output}: BTC-USDT, candles of 3m, as of 2025-08-03T03:00Z`);
    expect(header!.trim().split(/ {2,}/)).toEqual([
      'symbol',
      'day',
      'expected',
      'final',
      'provisional',
      'quiet',
      'unavailable',
      'missing',
    ]);
    // 312 recorded candles from 2025-07-15T19:24Z to 2025-08-03T03:00Z: 19 days of 480 slots and 60 slots.
    expect(lines.at(-3)!.trim().split(/ {2,}/)).toEqual([
      'BTC-USDT',
      '20 days',
      '9,180',
      '312',
      '0',
      '0',
      '0',
      '8,868',
      'sum',
    ]);
    expect(lines[0]).toMatch(
      /^ {2}BTC-USDT +2025-07-15 +480 +\d+ +0 +0 +0 +\d+ +first missing 2025-07-15T00:00Z$/,
    );
    expect(lines.at(-1)).toBe(
      `whole, but not complete; "candlelake repair --output ${output}" mends what can be mended`,
    );
    expect(readFiles(output)).toEqual(before);
  });

  it('says of provisional candles that a running stream makes the newest of them final', async () => {
    const openTime = Date.UTC(2025, 7, 3, 3);
    await withStore(output, async (store) => {
      const [candle] = (await store.readDay(BTC, Date.UTC(2025, 7, 3))).candles;
      await store.merge([
        { series: BTC, candles: [{ ...candle!, openTime, status: 'provisional', source: 'stream' }] },
      ]);
      await store.advanceAsOf(openTime + SLOT);
    });
    const { code, stdout } = await audit('--from', '2025-08-03');
    expect(code).toBe(0);
    // 60 recorded candles of that day, and the provisional one.
    expect(stdout).toMatch(/^ {2}BTC-USDT +2025-08-03 +61 +60 +1 +0 +0 +0 /m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'whole, but not complete; a running stream makes its newest candles final; ' +
        `"candlelake repair --output ${output}" mends what can be mended`,
    );
  });

  it('--require-complete ends with 1 when slots are missing, and with 0 for days that have all', async () => {
    expect((await audit('--require-complete')).code).toBe(1);
    const whole = await audit('--require-complete', '--from', '2025-08-03', '--to', '2025-08-03T03:00');
    expect(whole.stdout).toMatch(/whole and complete\n$/);
    expect(whole.code).toBe(0);
  });

  it('--all prints complete days too, --from and --to choose days', async () => {
    const window = ['--from', '2025-08-01', '--to', '2025-08-04'];
    const daysIn = (text: string) => text.match(/2025-\d\d-\d\d(?= +\d+ )/g) ?? [];
    expect(daysIn((await audit(...window)).stdout)).toEqual(['2025-08-01', '2025-08-02']);
    expect(daysIn((await audit(...window, '--all')).stdout)).toEqual([
      '2025-08-01',
      '2025-08-02',
      '2025-08-03',
    ]);
  });

  it('--json prints one object', async () => {
    const report = await json('--from', '2025-08-03', '--all');
    expect(report).toMatchObject({
      ...{ output, verdict: 'whole', store: null, as_of: '2025-08-03T03:00Z', interval: '3m', objects: 3 },
      ...{ findings: [], stale_facts: [], pending_days: [], against_exchange: null },
      days: [{ symbol: 'BTC-USDT', date: '2025-08-03', expected: 60, final: 60, missing: 0, pending: false }],
      symbols: [{ symbol: 'BTC-USDT', days: 1, expected: 60, final: 60, missing: 0 }],
    });
  });

  it('ends with 1 when an object was changed, is gone or does not belong to the lake, and names each', async () => {
    damage(output, CANDLES);
    rmSync(join(output, CANDLES.replaceAll('candles', 'coverage')));
    writeFileSync(join(output, 'parquet/notes.txt'), '');
    const { code, stdout } = await audit();
    expect(code).toBe(1);
    const [candles, coverage] = [CANDLES, CANDLES.replaceAll('candles', 'coverage')].map((path) =>
      path.slice(8),
    );
    expect(stdout).toMatch(new RegExp(`^ {2}(unreadable|rows|order|bytes|schema) {2}${candles}: .+$`, 'm'));
    expect(stdout).toContain(`  missing  ${coverage}: it is not there\n`);
    expect(stdout).toContain('  stray  notes.txt: it belongs to no day of the store\n');
    expect(stdout).toMatch(/^damaged; "candlelake repair/m);
    const { verdict, findings } = await json();
    expect({ verdict, count: findings.length }).toEqual({ verdict: 'damaged', count: 3 });
  });

  it('calls marked days pending: other rows are no damage, but the lake is not complete', async () => {
    await withStore(output, async (store) => {
      const [candle] = (await store.readDay(BTC, Date.UTC(2025, 7, 3))).candles;
      await store.merge([
        { series: BTC, candles: [{ ...candle!, status: 'final', close: '1', observed: 1 }] },
      ]);
    });
    const window = ['--from', '2025-08-03', '--to', '2025-08-03T03:00'];
    const { code, stdout } = await audit(...window);
    expect(code).toBe(0);
    expect(stdout).toContain('not derived yet');
    expect((await json(...window)).pending_days).toEqual(['2025-08-03']);
    expect((await audit(...window, '--require-complete')).code).toBe(1);
  });

  it('says in one line that a store is damaged, or gone, and ends with 1', async () => {
    const path = join(output, 'candles.sqlite');
    const bytes = readFileSync(path);
    bytes.fill(0xff, bytes.length - 4_096);
    writeFileSync(path, bytes);
    const damaged = await audit();
    expect(damaged.stderr).toMatch(
      /^error: store ".+candles\.sqlite" is damaged \(integrity_check: .+\) and is not written any more; restore it from a copy, or make a new one from the lake and history with "candlelake repair --output .+ --rebuild-store"\n$/,
    );
    expect({ code: damaged.code, stdout: damaged.stdout }).toEqual({ code: 1, stdout: '' });
    expect(await json()).toMatchObject({ verdict: 'damaged', store: expect.stringContaining('is damaged') });
    writeFileSync(path, 'not a database at all');
    expect(await audit()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is damaged (not a database)'),
    });
    rmSync(path);
    const gone = await audit();
    expect(gone.stderr).toMatch(
      /^error: store ".+" is gone, its lake in ".+parquet" is there; restore it from a copy/,
    );
    expect(gone.code).toBe(1);
  });

  it.each([
    [['--symbol', 'ETH-USDT'], '--symbol "ETH-USDT": not in the store, expected one of BTC-USDT'],
    [
      ['--from', 'noon'],
      '--from "noon": expected a UTC date or time such as 2026-11-22 or 2026-11-22T12:00Z',
    ],
    [
      ['--from', '2026-01-02', '--to', '2026-01-01'],
      '--to "2026-01-01T00:00Z": expected a time after the "2026-01-02T00:00Z" of --from',
    ],
    [['--dry-run'], "unknown option '--dry-run'"],
    [
      ['--output', '/no/such/folder'],
      '--output "/no/such/folder": no store in it, expected the folder of a stream',
    ],
  ])('%j ends with 2 and one line', async (words, line) => {
    expect(await audit(...words)).toEqual({ code: 2, stdout: '', stderr: `error: ${line}\n` });
  });

  it.each(['audit', 'repair', 'corrections'])('the help of %s names its flags', async (command) => {
    const { code, stdout } = await runInProcess([command, '--help']);
    expect(code).toBe(0);
    const flags = {
      audit: ['all', 'json', 'require-complete', 'against-exchange', 'symbol', 'from', 'to', 'output'],
      repair: ['dry-run', 'against-exchange', 'rebuild-store', 'symbol', 'from', 'to', 'output', 'for'],
      corrections: ['json', 'symbol', 'from', 'to', 'output'],
    }[command]!;
    for (const flag of flags) expect(stdout).toContain(` --${flag}`);
    expect(stdout.replace(/\s+/g, ' ')).toContain('(default: all in the store)');
  });
});

describe('candlelake corrections', () => {
  it('lists what changed a final candle, when, from what to what', async () => {
    const day = Date.UTC(2025, 7, 3);
    expect((await runInProcess(['corrections', '--output', output])).stdout).toBe(
      '0 final candles changed\n',
    );
    await withStore(output, async (store) => {
      const [first, second] = (await store.readDay(BTC, day)).candles;
      const final = { status: 'final', source: 'history' } as const;
      await store.merge([
        { series: BTC, candles: [{ ...first!, ...final, close: '1', volume: '2.5', observed: 1 }] },
      ]);
      await store.merge([
        { series: BTC, candles: [{ ...first!, ...final, close: '3', volume: '2.5', observed: 2 }] },
      ]);
      await store.merge([{ series: BTC, candles: [{ ...second!, ...final, observed: 2 }] }]);
    });
    const [line] = readFileSync(RECORDED, 'utf8')
      .split('\n')
      .filter((one) => one.startsWith(String(day)));
    const [, , , , close, volume] = line!.split(',');
    const list = (...words: readonly string[]) => runInProcess(['corrections', '--output', output, ...words]);
    const text = await list();
    expect({ code: text.code, lines: text.stdout.trimEnd().split('\n') }).toEqual({
      code: 0,
      lines: [
        '  changed at         symbol    candle             by',
        `  2026-11-22T12:00Z  BTC-USDT  2025-08-03T00:00Z  history  close ${close} → 1, volume ${Number(volume)} → 2.5`,
        '  2026-11-22T12:00Z  BTC-USDT  2025-08-03T00:00Z  history  close 1 → 3',
        '2 final candles changed',
      ],
    });
    const { corrections } = JSON.parse((await list('--json')).stdout);
    expect(corrections[1]).toMatchObject({
      ...{ at: '2026-11-22T12:00Z', market: 'swap', symbol: 'BTC-USDT', interval: '3m' },
      ...{ open_time: '2025-08-03T00:00Z', changed: ['close'] },
      before: { close: '1', status: 'final', source: 'history' },
      after: { close: '3', volume: '2.5' },
    });
    const none = await list('--from', new Date(day + SLOT).toISOString().slice(0, 16));
    expect(none.stdout).toBe('0 final candles changed\n');
  });
});

describe('candlelake repair', () => {
  const repair = (...words: readonly string[]) => runInProcess(['repair', '--output', output, ...words]);
  const CLOSED = ['--from', '2025-08-03', '--to', '2025-08-03T03:00'];

  it('has nothing to do for a whole window', async () => {
    const { code, stdout } = await repair(...CLOSED);
    expect({ code, plan: stdout.replace(/^\S+ \S+ +/gm, '') }).toEqual({
      code: 0,
      plan: 'plan: nothing to mend\n',
    });
  });

  it('prints its plan, and with --dry-run does nothing else', async () => {
    damage(output, THIRD);
    writeFileSync(join(output, 'parquet/notes.txt'), '');
    const before = readFiles(output);
    const { code, stdout } = await repair('--dry-run', ...CLOSED);
    expect(code).toBe(0);
    expect(stdout.replace(/^\S+ \S+ +/gm, '').split('\n')).toEqual([
      // 60 candles, 8 bars of 21 minutes that closed by 03:00, 1 row of coverage.
      'plan: write the objects of 1 day from the store: 1 finding, 69 rows',
      expect.stringMatching(/^plan: move 1 file out of the lake, into .+\/stray-\d{8}T\d{6}Z$/),
      'plan: no requests to the exchange',
      '',
    ]);
    expect(readFiles(output)).toEqual(before);
  });

  it('writes damaged objects again and moves strays aside, without a request', async () => {
    const before = readFiles(join(output, 'parquet'));
    damage(output, THIRD);
    rmSync(join(output, THIRD.replaceAll('candles', 'coverage')));
    mkdirSync(join(output, 'parquet/more'));
    writeFileSync(join(output, 'parquet/more/notes.txt'), 'kept');
    const { code, stdout } = await repair(...CLOSED);
    expect(stdout).toMatch(/ mended\n$/);
    expect(code).toBe(0);
    expect(readFiles(join(output, 'parquet'))).toEqual(before);
    expect(existsSync(join(output, 'parquet/more'))).toBe(false);
    const [aside] = readdirSync(output).filter((name) => name.startsWith('stray-'));
    expect(readFileSync(join(output, aside!, 'more/notes.txt'), 'utf8')).toBe('kept');
  });

  it('refuses to rebuild an intact store, with 2', async () => {
    const { code, stderr } = await repair('--rebuild-store');
    expect(stderr).toMatch(
      /^error: --rebuild-store: the store ".+" is not damaged; expected a damaged or missing one/,
    );
    expect(code).toBe(2);
  });
});
