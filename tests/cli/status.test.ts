import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LakeSettings } from '@candlelake/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FolderStatus, statusJson, statusLines } from '../../packages/cli/src/output/statusReport.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, runWithoutPrivileges, startProgram, temporaryFolder } from './program.ts';
import { simulate, urlOf } from './simulation.ts';

const FILE = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');

/** A folder with the real candles of a file, which tests only read. */
const output = join(temporaryFolder(), 'lake');

beforeAll(async () => {
  const { code } = await runInProcess(['import', FILE, '--symbol', 'BTC-USDT', '--output', output]);
  expect(code).toBe(0);
});

describe('candlelake status', () => {
  it('shows what a folder holds, and that no process keeps it', async () => {
    const { code, stdout, stderr } = await runInProcess(['status', '--output', output]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first, header, row, sizes, keeper] = stdout.split('\n');
    expect(first).toMatch(/: BTC-USDT, candles of 3m, bars of 21m, as of 2025-\d\d-\d\dT\d\d:\d\dZ$/);
    expect(header).toContain('symbol');
    expect(row).toMatch(/^ {2}BTC-USDT {2}2025-\d\d-\d\d {2}2025-\d\d-\d\d/);
    expect(sizes).toMatch(/^store [\d.]+ [kM]?B, last written 20\d\d-.+ UTC; lake \d+ files, [\d.]+ kB$/);
    expect(keeper).toBe(`no process keeps it; "candlelake stream --output ${output}" does`);
  });

  it('counts what the audit counts', async () => {
    const json = async (command: string) =>
      JSON.parse((await runInProcess([command, '--output', output, '--json'])).stdout);
    const [status, audit] = [await json('status'), await json('audit')];
    const { symbol, days, ...counts } = audit.symbols[0];
    expect(status.symbols[0]).toMatchObject({ symbol, days, ...counts });
    expect(status).toMatchObject({ interval: '3m', as_of: audit.as_of, pending_days: 0, processes: [] });
    expect(status.lake.files).toBe(audit.objects);
  });

  it('names the stream that keeps the folder and its address, and says when it is gone', async () => {
    const { exchange, output, flags, variables } = await simulate({ from: Date.UTC(2026, 10, 22, 12) });
    const program = startProgram(['stream', '--history-days', '0', ...flags], variables);
    const url = await urlOf(program);
    const kept = (await runInProcess(['status', '--output', output])).stdout;
    expect(kept).toContain(`kept by stream, process ${program.process.pid}, since `);
    expect(kept).toContain(`${url}/health\n`);
    program.process.kill('SIGKILL');
    await program.ended;
    await exchange.close();
    expect((await runInProcess(['status', '--output', output])).stdout).toContain('no process keeps it');
  });

  it('names the nearest of many symbols in place of one that the store does not have', async () => {
    const symbols = ['AAA-USDT', 'BTC-USDT', 'ETC-USDT', 'ETH-USDT', 'XRP-USDT'];
    const folder = temporaryFolder();
    const file = join(folder, 'one.csv');
    // The header and one candle: only the names matter.
    writeFileSync(file, readFileSync(FILE, 'utf8').split('\n').slice(0, 2).join('\n'));
    for (const symbol of symbols)
      await runInProcess(['import', file, '--symbol', symbol, '--output', folder]);
    const { stderr } = await runInProcess(['status', '--output', folder, '--symbol', 'ETX-USDT']);
    expect(stderr).toBe(
      'error: --symbol "ETX-USDT": not in the store, expected one of its 5 symbols, such as ETC-USDT, ETH-USDT, BTC-USDT\n',
    );
  });

  it('names an unknown symbol with the nearest ones, and a folder without a store', async () => {
    const unknown = await runInProcess(['status', '--output', output, '--symbol', 'BTC-USDC']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toBe('error: --symbol "BTC-USDC": not in the store, expected one of BTC-USDT\n');
    const none = await runInProcess(['status', '--output', temporaryFolder()]);
    expect(none.stderr).toMatch(/^error: --output ".+": no store in it, expected the folder of a stream\n$/);
    expect(none.code).toBe(2);
  });

  it('says that it cannot tell who keeps a folder that this user may not write', async () => {
    // A user without rights has to reach it.
    chmodSync(join(output, '..'), 0o755);
    const { stdout } = await runWithoutPrivileges(['status', '--output', output]);
    expect(stdout).toContain('whether a process keeps it cannot be told');
  });
});

describe('the status of a folder', () => {
  const settings: LakeSettings = {
    ...{ schemaVersion: 1, interval: '3m', timeframes: [21, 60], writeMa: true, writeAtr: true },
    ...{ periods: { maShort: 3, maLong: 7, atr: 14 }, skipPartial: false },
  };
  const day = Date.UTC(2026, 10, 20);
  const counts = { expected: 20_000, final: 19_000, provisional: 1, quiet: 998, unavailable: 0, missing: 1 };
  const status: FolderStatus = {
    output: 'lake',
    market: 'swap',
    otherMarkets: [],
    settings,
    asOf: day,
    symbols: [
      { symbol: 'A-USDT', firstDay: day, lastDay: day, days: 42, counts, firstMissing: day + 60_000 },
    ],
    pendingDays: 2,
    store: { bytes: 1_234_567, changedAt: day },
    lake: { files: 1, bytes: 999 },
    processes: [{ command: 'import', pid: 7, startedAt: day, url: null }],
  };

  it('is text whose share is never rounded up to 100 %', () => {
    expect(statusLines(status)).toEqual([
      'lake: A-USDT, candles of 3m, bars of 21m, 60m, as of 2026-11-20T00:00Z',
      '  symbol  from        to           slots  complete  provisional  missing  unavailable',
      '  A-USDT  2026-11-20  2026-11-20  20,000   99.99 %            1        1            0  first missing 2026-11-20T00:01Z',
      'store 1.2 MB, last written 2026-11-20 00:00:00 UTC; lake 1 file, 999 B; 2 days to be derived',
      'kept by import, process 7, since 2026-11-20 00:00:00 UTC',
    ]);
  });

  it('of a new folder says that there are no candles yet', () => {
    const fresh = { ...status, settings: null, asOf: 0, symbols: [], pendingDays: 0, processes: [] };
    expect(statusLines(fresh)[0]).toBe('lake: no candles yet');
    expect(statusJson(fresh)).toMatchObject({ as_of: null, interval: null, symbols: [] });
  });
});
