import { once } from 'node:events';
import { chmodSync, copyFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { swapSeries } from '../support/swapSeries.ts';
import { runInProcess } from './inProcess.ts';
import {
  ROOT,
  runProgram,
  runWithoutPrivileges,
  startCommand,
  startProgram,
  temporaryFolder,
} from './program.ts';
import { type Simulation, type SimulationOptions, simulate, streamed, urlOf } from './simulation.ts';

const MORNING = Date.UTC(2026, 10, 20, 6, 1);

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function simulation(options: Partial<SimulationOptions> = {}): Promise<Simulation> {
  const simulated = await simulate({ from: MORNING, ...options });
  closers.push(() => simulated.exchange.close());
  return simulated;
}

function barDays(output: string): readonly string[] {
  return readdirSync(join(output, 'parquet/bars/timeframe=21m')).sort();
}

describe('candlelake stream', () => {
  it('ends with 0 when --until is settled, having fetched only today for --history-days 0 (predecessor fault 26)', async () => {
    const { flags, variables, output } = await simulation();
    const words = ['--history-days', '0', '--until', '2026-11-20T05:00Z'];
    const { code, stdout, stderr } = await runProgram(['stream', ...flags, ...words], variables);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(barDays(output)).toEqual(['date=2026-11-20']);
    // At the end the last bars of the history are shown, those that close by 05:00.
    expect(stdout).toMatch(/ 04:12–04:33 .*\n.* 04:33–04:54 /);
    expect(stdout).not.toContain('04:54–05:15');
    expect(stdout).toContain('--until 2026-11-20T05:00Z is in the past');
  });

  it('fills the history as well when the store is memory-mapped (predecessor fault 43)', async () => {
    const { flags, variables, output } = await simulation();
    const words = ['--history-days', '1', '--memory-mapped', '--until', '2026-11-20T05:00Z'];
    const { code } = await runProgram(['stream', ...flags, ...words], variables);
    expect(code).toBe(0);
    expect(barDays(output)).toEqual(['date=2026-11-19', 'date=2026-11-20']);
  });

  it('fetches no history with --no-backfill', async () => {
    const { flags, variables, output } = await simulation({ speed: 240 });
    const words = ['--no-backfill', '--no-gap-fill', '--history-days', '9'];
    const program = startProgram(['stream', ...flags, ...words], variables);
    await streamed(program, 1);
    program.process.kill();
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain('backfill');
    const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
    const [series] = await store.listSeries();
    store.close();
    expect(series?.firstSlot).toBeGreaterThan(MORNING - 3_600_000);
  });

  it('ends by itself after --for of real time, on any clock', async () => {
    const { flags, variables } = await simulation({ speed: 1 });
    const startedAt = Date.now();
    const { code, stdout } = await runProgram(['stream', ...flags, '--for', '1200ms'], variables);
    expect(code).toBe(0);
    expect(stdout).toContain('stopping (--for)');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1200);
  });

  it('writes one JSON object a line with --log-format json', async () => {
    const { flags, variables } = await simulation();
    const words = ['--log-format', 'json', '--history-days', '0', '--until', '2026-11-20T05:00Z', '--debug'];
    const { stdout } = await runProgram(['stream', ...flags, ...words], variables);
    const kinds = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    expect(kinds).toEqual(
      expect.arrayContaining(['starting', 'listening', 'lake-written', 'bar', 'stopped']),
    );
  });

  it('goes on when the reader of its output is closed', async () => {
    const { flags, variables, output } = await simulation();
    const words = ['stream', ...flags, '--history-days', '0', '--until', '2026-11-20T05:00Z'];
    const script = 'set -o pipefail; candlelake "$@" | head -n 1';
    const { code, stdout, stderr } = await startCommand('bash', ['-c', script, 'bash', ...words], variables)
      .ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[^\n]*\n$/);
    expect(barDays(output)).toEqual(['date=2026-11-20']);
  });

  it('serves HTTP before the history is filled and before the exchange answers (predecessor fault 49)', async () => {
    const { flags, variables, exchange } = await simulation();
    exchange.setFaults({ rest: 'hang', connect: 'hang' });
    const program = startProgram(['stream', ...flags], variables);
    const url = await urlOf(program);
    const [health, live, metrics] = await Promise.all(
      ['health', 'live', 'metrics'].map((path) => fetch(`${url}/${path}`)),
    );
    expect([health!.status, live!.status, metrics!.status]).toEqual([503, 200, 200]);
    expect(await health!.json()).toMatchObject({ status: 'unhealthy' });
    program.process.kill();
    expect((await program.ended).code).toBe(0);
  });

  it('is healthy once it streams and its history is filled', async () => {
    const { flags, variables } = await simulation();
    const program = startProgram(['stream', ...flags, '--history-days', '0'], variables);
    const url = await urlOf(program);
    await expect.poll(async () => (await fetch(`${url}/health`)).status, { timeout: 150_000 }).toBe(200);
    program.process.kill();
    expect((await program.ended).code).toBe(0);
  });

  it('reports in one line that the exchange cannot be reached, names the demo, and goes on when it can', async () => {
    const { flags, variables, exchange } = await simulation();
    const port = await freePort();
    const elsewhere = ['--rest-url', `http://127.0.0.1:${port}`];
    const program = startProgram(['stream', ...flags, ...elsewhere, '--history-days', '0'], variables);
    const line = await program.line(/can't be reached/);
    expect(line).toContain('connection failed (ECONNREFUSED)');
    expect(line).toContain('trying again; "npm run demo" shows candlelake without a network');
    const proxy = createServer(async (request, response) => {
      const answer = await fetch(exchange.restUrl + request.url);
      response.end(await answer.text());
    }).listen(port, '127.0.0.1');
    closers.push(() => proxy.close());
    await program.line(/the exchange answers/);
    program.process.kill();
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout.match(/can't be reached/g)).toHaveLength(1);
  });

  it('ends with 2 and the nearest names when no symbol is known', async () => {
    const { flags, variables } = await simulation();
    const { code, stderr } = await runProgram(['stream', ...flags, '--symbol', 'BTC-UDST'], variables);
    expect(stderr).toBe(
      'error: unknown symbol "BTC-UDST": the exchange does not list it; the nearest names: "BTC-USDT"\n',
    );
    expect(code).toBe(2);
  });

  it('goes on without a symbol that is not listed any more, on the next start as well', async () => {
    const symbols = ['BTC-USDT', 'ETH-USDT'];
    const { flags, variables, exchange } = await simulation({ symbols });
    const words = ['stream', ...flags, '--symbol', symbols.join(), '--history-days', '0'];
    expect((await runProgram([...words, '--until', '2026-11-20T05:00Z'], variables)).code).toBe(0);
    exchange.setFaults({ contracts: [{ symbol: 'ETH-USDT', listed: false }] });
    const program = startProgram(words, variables);
    const url = await urlOf(program);
    await program.line(/ETH-USDT: the exchange does not list it any more; the others go on/);
    await streamed(program, 2);
    const health = await (await fetch(`${url}/health`)).json();
    expect(health).toMatchObject({
      ...{ status: 'ok', symbols: 2 },
      exceptions: [{ symbol: 'ETH-USDT', state: 'delisted' }],
    });
    program.process.kill();
    expect((await program.ended).code).toBe(0);
  });

  it('notices that its store was removed: one line, /health 503, and an end with 1', async () => {
    const { flags, variables, output } = await simulation();
    const program = startProgram(['stream', ...flags, '--history-days', '0'], variables);
    const url = await urlOf(program);
    await expect.poll(async () => (await fetch(`${url}/health`)).status, { timeout: 150_000 }).toBe(200);
    rmSync(join(output, 'candles.sqlite'));
    const removed = `store "${join(output, 'candles.sqlite')}" was removed or replaced while it was open`;
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.json()]).toEqual([
      503,
      expect.objectContaining({ status: 'unhealthy', reason: expect.stringContaining(removed) }),
    ]);
    await program.line(/was removed or replaced/);
    program.process.kill();
    const { code, stdout, stderr } = await program.ended;
    expect(stdout.match(/was removed or replaced/g)).toHaveLength(1);
    expect(stderr).toContain(`error: ${removed}`);
    expect(code).toBe(1);
  });

  it('stops with one line when the disk is full, and leaves a store that can be read', async () => {
    const { flags, variables, output } = await simulation();
    // A limit on the size of files stands in for a full disk: writes fail, reads do not.
    const script = 'trap "" XFSZ; ulimit -f 150; exec candlelake "$@"';
    const words = ['stream', ...flags, '--history-days', '3'];
    const { code, stderr } = await startCommand('bash', ['-c', script, 'bash', ...words], variables).ended;
    expect(stderr).toBe(
      `error: store "${join(output, 'candles.sqlite')}" cannot be read or written: the disk is full or failing\n`,
    );
    expect(code).toBe(1);
    const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
    expect((await store.listSeries()).map(({ symbol }) => symbol)).toEqual(['BTC-USDT']);
    store.close();
  });
});

describe('candlelake backfill', () => {
  it('fills the window, derives it, shows its last bars and ends with 0 when settled', async () => {
    const { flags, variables, output } = await simulation();
    const urls = flags.filter((flag, index) => flag !== '--ws-url' && flags[index - 1] !== '--ws-url');
    const window = ['--from', '2026-11-18', '--to', '2026-11-19T12:00Z'];
    const { code, stdout, stderr } = await runInProcess(['backfill', ...urls, ...window], variables);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(barDays(output)).toEqual(['date=2026-11-18', 'date=2026-11-19']);
    expect(stdout).toMatch(/^2026-11-19 11:33–11:54 /m);
    expect(stdout).toContain('from 2026-11-18T00:00Z to 2026-11-19T12:00Z: settled; the lake is in');
  });

  it('says that history fails while it does, and claims nothing that was not answered', async () => {
    const { flags, variables, exchange } = await simulation();
    const server = createServer(async (request, response) => {
      if (request.url!.includes('klines')) response.writeHead(502).end('<html>Bad Gateway</html>');
      else response.end(await (await fetch(exchange.restUrl + request.url)).text());
    }).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    const restUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const output = flags.slice(0, 2);
    const words = ['backfill', ...output, '--rest-url', restUrl, '--from', '2026-11-20T04:00Z'];
    const program = startProgram([...words, '--to', '2026-11-20T06:00Z'], variables);
    await program.line(/BTC-USDT 3m from 2026-11-20T04:00Z to 2026-11-20T06:00Z: filling from history/);
    expect(await program.line(/history: .*502.*; trying again/)).not.toContain('<html>');
    program.process.kill();
    const { code, stdout } = await program.ended;
    expect(stdout).not.toMatch(/has answered|all 40/);
    expect(stdout).toContain(': interrupted, the same command goes on from here');
    expect(code).toBe(1);
  });

  it('fills the others when the first symbol is paused, names it, and ends with 1', async () => {
    const symbols = ['NCFXEUR2USD-USDT', 'BTC-USDT', 'ETH-USDT'];
    const { flags, variables, output, exchange } = await simulation({ symbols });
    exchange.setFaults({ paused: ['NCFXEUR2USD-USDT'] });
    const urls = flags.filter((flag, index) => flag !== '--ws-url' && flags[index - 1] !== '--ws-url');
    const window = ['--from', '2026-11-19', '--to', '2026-11-19T12:00Z', '--symbol', symbols.join()];
    const { code, stdout } = await runInProcess(['backfill', ...urls, ...window], variables);
    expect(code).toBe(1);
    expect(stdout).toContain('NCFXEUR2USD-USDT: not filled, the exchange refuses it');
    const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
    const counts = [];
    for (const symbol of symbols) {
      const { candles } = await store.readDay(swapSeries(symbol, '3m'), Date.UTC(2026, 10, 19));
      counts.push(candles.length);
    }
    store.close();
    expect(counts).toEqual([0, 240, 240]);
  });

  it('ends with 1 and names the slots whose rows of history can not be read', async () => {
    // The rows are read three times in six minutes.
    const { flags, variables, output, exchange } = await simulation({ speed: 600 });
    const at = (slot: number) => Date.UTC(2026, 10, 19) + slot * 180_000;
    const slot = (index: number) => ({ from: at(index), to: at(index + 1), in: 'history' }) as const;
    const badSlots = [
      { ...slot(20), kind: 'highBelowLow' },
      { ...slot(30), kind: 'oneSecondLate' },
    ] as const;
    exchange.setFaults({ badSlots });
    const urls = flags.filter((flag, index) => flag !== '--ws-url' && flags[index - 1] !== '--ws-url');
    const window = ['--from', '2026-11-19', '--to', '2026-11-19T12:00Z'];
    const { code, stdout } = await runInProcess(['backfill', ...urls, ...window], variables);
    expect(code).toBe(1);
    expect(
      stdout.match(/history holds 2 rows that can't be read, the first at 2026-11-19T01:00Z/g),
    ).toHaveLength(1);
    expect(stdout).toContain('BTC-USDT: 2 slots did not settle, 2026-11-19T01:00Z the first');
    const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
    const { candles, absences, unreadable } = await store.readDay(swapSeries('BTC-USDT', '3m'), at(0));
    store.close();
    expect([candles.length, absences]).toEqual([238, []]);
    expect(unreadable.map(({ openTime }) => openTime)).toEqual([at(20), at(30)]);
  });

  it('ends with 1 when it is stopped before it is settled', async () => {
    const { flags, variables, exchange } = await simulation();
    exchange.setFaults({ rest: 'hang' });
    const urls = flags.filter((flag, index) => flag !== '--ws-url' && flags[index - 1] !== '--ws-url');
    const words = ['backfill', ...urls, '--from', '2026-11-18', '--for', '1s'];
    const { code, stdout } = await runProgram(words, variables);
    expect(code).toBe(1);
    expect(stdout).toContain(': interrupted, the same command goes on from here\n');
  });
});

describe('--verify-bucket', () => {
  it('shows the candles of the store beside the bar, the same as the lake has', async () => {
    const output = temporaryFolder();
    const file = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
    await runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', output]);
    const words = ['stream', '--verify-bucket', '2025-08-02 23:59', '--output', output];
    const { code, stdout } = await runInProcess(words);
    expect(code).toBe(0);
    // The recorded candles, copied from the file by hand; high, low and volume of the bar worked out by hand.
    expect(stdout).toBe(`BTC-USDT 21m bar 68: 2025-08-02 23:48–24:00 UTC, 4 candles of 3m
             open      high       low     close  volume
  23:48  112707.5  112710.7  112625.1  112649.9   18.53  imported
  23:51  112649.9  112673.5  112544.2  112584.9    6.62  imported
  23:54  112584.9  112608.5  112468.8  112494.2   14.06  imported
  23:57  112494.4  112557.8    112450  112509.5    5.46  imported
    bar  112707.5  112710.7    112450  112509.5   44.67  4/4 complete
`);
  });

  it.each([
    ['a store that is closed', []],
    ['a store that another process writes', ['-wal', '-shm']],
  ])('only reads: %s in a folder without write permission', async (_, suffixes) => {
    const source = temporaryFolder();
    const file = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
    await runInProcess(['import', file, '--symbol', 'BTC-USDT', '--output', source]);
    const store =
      suffixes.length > 0 ? openSqliteStore(join(source, 'candles.sqlite'), { now: Date.now }) : null;
    await store?.advanceAsOf(Date.UTC(2025, 7, 3, 6));
    const output = temporaryFolder();
    for (const suffix of ['', ...suffixes]) {
      copyFileSync(join(source, `candles.sqlite${suffix}`), join(output, `candles.sqlite${suffix}`));
    }
    store?.close();
    chmodSync(output, 0o555);
    const before = readdirSync(output);
    const words = ['stream', '--verify-bucket', '2025-08-02 23:59', '--output', output];
    const { code, stdout, stderr } = await runWithoutPrivileges(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('    bar  112707.5  112710.7    112450  112509.5   44.67  4/4 complete');
    expect(readdirSync(output)).toEqual(before);
  });

  it('shows the bar and its candles without a store, and creates none', async () => {
    const output = join(temporaryFolder(), 'none');
    const words = ['--verify-bucket', '2026-11-22 12:34', '--timeframe', '1h', '--interval', '15m'];
    const { code, stdout } = await runInProcess(['stream', ...words, '--output', output]);
    expect(code).toBe(0);
    expect(stdout).toContain('BTC-USDT 60m bar 12: 2026-11-22 12:00–13:00 UTC, 4 candles of 15m');
    expect(stdout.match(/^ {2}12:(00|15|30|45) /gm)).toHaveLength(4);
    expect(() => readdirSync(output)).toThrow();
  });
});

/** A port without a listener. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
