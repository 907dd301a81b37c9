import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordProcess } from '../../packages/cli/src/adapters/runningProcesses.ts';
import { runInProcess } from './inProcess.ts';

import { type Simulation, simulate } from './simulation.ts';

const FRIDAY = Date.UTC(2026, 10, 20);
const HOUR = 3_600_000;
const CANDLES = 'parquet/candles/interval=3m/date=2026-11-19/candles.parquet';

let simulated: Simulation;
let lake: Readonly<Record<string, string>>;

/** Two whole days from history; each test repairs what it breaks, so that the lake is the same again. */
beforeAll(async () => {
  simulated = await simulate({ from: FRIDAY + 6 * HOUR, symbols: ['BTC-USDT', 'ETH-USDT'] });
  const window = ['--symbol', 'BTC-USDT,ETH-USDT', '--from', '2026-11-18', '--to', '2026-11-20'];
  expect((await run('backfill', ...window)).code).toBe(0);
  lake = readLake();
});

afterAll(() => simulated.exchange.close());

function run(command: string, ...words: readonly string[]) {
  // The folder of the store and the address of REST; the last two flags name the WebSocket.
  return runInProcess([command, ...simulated.flags.slice(0, 4), ...words], simulated.variables);
}

/** The hash of each file of the lake. */
function readLake(): Readonly<Record<string, string>> {
  const root = join(simulated.output, 'parquet');
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  return Object.fromEntries(files.map((file) => [file.slice(root.length), hash(file)]));
}

/** Changes the store behind the program's back: no day is marked. */
function changeStore(sql: string): void {
  const database = new DatabaseSync(join(simulated.output, 'candles.sqlite'));
  database.exec(sql);
  database.close();
}

const slot = (hour: number) => FRIDAY - 24 * HOUR + hour * HOUR;

it('fills slots that the store has lost, from history, and the lake is what it was', async () => {
  changeStore(`DELETE FROM candles WHERE open_time BETWEEN ${slot(2)} AND ${slot(3)}`);
  const audit = await run('audit');
  expect(audit.code).toBe(1);
  expect(audit.stdout).toMatch(/^ {2}store {2}candles\/.+ but the store has changed: /m);
  expect(audit.stdout).toMatch(
    /^ {2}ETH-USDT +2026-11-19 +480 +459 +0 +0 +0 +21 +first missing 2026-11-19T02:00Z$/m,
  );
  const { code, stdout } = await run('repair');
  expect(stdout).toContain('plan: ask history for 42 slots of BTC-USDT, ETH-USDT\n');
  expect(stdout).toMatch(/plan: 4 requests to the exchange, about 1 minute; slots that history shows empty/);
  expect(stdout).toMatch(/ mended\n$/);
  expect(code).toBe(0);
  expect(readLake()).toEqual(lake);
});

it('takes the candles of history where the store has changed, and logs the correction', async () => {
  changeStore(`UPDATE candles SET close = '1.5' WHERE open_time = ${slot(7)} AND series_id = 1`);
  expect((await run('audit')).stdout).toMatch(/close is [\d.]+, the store gives 1\.5$/m);
  const { code, stdout } = await run('repair');
  expect(stdout).toContain('BTC-USDT: 480 candles compared, 1 replaced');
  expect(code).toBe(0);
  expect(readLake()).toEqual(lake);
  expect((await run('audit')).stdout).toMatch(/whole and complete\n$/);
  const words = ['corrections', '--output', simulated.output, '--symbol', 'BTC-USDT'];
  const { stdout: corrections } = await runInProcess(words);
  expect(corrections).toMatch(
    /BTC-USDT +2026-11-19T07:00Z +history +close 1\.5 → [\d.]+\n1 final candle changed\n$/,
  );
});

it('--against-exchange finds finals that the exchange shows otherwise, ends with 1, and repair takes them', async () => {
  changeStore(`UPDATE candles SET high = '999999' WHERE open_time = ${slot(9)} AND series_id = 2;
    INSERT OR REPLACE INTO dirty_days VALUES (${slot(0)}, 1000000)`);
  expect((await run('repair', '--symbol', 'BTC-USDT')).code).toBe(0);
  expect((await run('audit')).stdout).toMatch(/whole and complete\n$/);
  const audit = await run('audit', '--against-exchange');
  expect(audit.code).toBe(1);
  expect(audit.stdout).toContain('1,920 candles compared with the exchange, 1 differ\n');
  expect(audit.stdout).toMatch(/^ {2}ETH-USDT 2026-11-19T09:00Z: high 999999, the exchange shows [\d.]+$/m);
  const elsewhere = await run('audit', '--against-exchange', '--json', '--to', '2026-11-19');
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({
    verdict: 'whole',
    against_exchange: [
      { symbol: 'BTC-USDT', compared: 480, differences: [], refused: null },
      { symbol: 'ETH-USDT', compared: 480, differences: [] },
    ],
  });
  const { code, stdout } = await run('repair', '--against-exchange');
  expect(stdout).toContain('ETH-USDT: 960 candles compared, 1 replaced');
  expect(code).toBe(0);
  expect(readLake()).toEqual(lake);
});

it('--rebuild-store makes a new store from lake and history, and keeps the damaged one', async () => {
  const path = join(simulated.output, 'candles.sqlite');
  const bytes = readFileSync(path);
  bytes.fill(0xff, bytes.length - 4_096);
  writeFileSync(path, bytes);
  const cut = readFileSync(join(simulated.output, CANDLES)).subarray(0, 3_000);
  writeFileSync(join(simulated.output, CANDLES), cut);
  expect((await run('repair')).stderr).toMatch(/^error: store ".+" is damaged \(integrity_check: /);
  const dry = await run('repair', '--rebuild-store', '--dry-run');
  expect(dry.stdout).toMatch(/plan: make a new store from 960 candles of 2 symbols in 1 object; /);
  expect(dry.stdout).toMatch(/plan: move 1 object that cannot be read into /);
  expect({ code: dry.code, same: readFileSync(path).equals(bytes) }).toEqual({ code: 0, same: true });
  const endStream = recordProcess(simulated.output, { command: 'stream' });
  const refused = await run('repair', '--rebuild-store');
  endStream();
  expect(refused.stderr).toMatch(
    /^error: --rebuild-store: "candlelake stream" \(process \d+\) keeps ".+"; stop it first/,
  );
  expect({ code: refused.code, same: readFileSync(path).equals(bytes) }).toEqual({ code: 2, same: true });
  const { code, stdout } = await run('repair', '--rebuild-store');
  expect(stdout).toMatch(/ mended\n$/);
  expect(code).toBe(0);
  expect(readLake()).toEqual(lake);
  const names = readdirSync(simulated.output);
  const kept = names.find((name) => /^candles\.sqlite\.damaged-\d{8}T\d{6}Z$/.test(name));
  expect(readFileSync(join(simulated.output, kept!)).equals(bytes)).toBe(true);
  const aside = names.find((name) => name.startsWith('stray-'));
  expect(readFileSync(join(simulated.output, aside!, CANDLES.replace('parquet/', ''))).equals(cut)).toBe(
    true,
  );
  expect((await run('audit', '--require-complete')).code).toBe(0);
});
