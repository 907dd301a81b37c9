import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { ROOT, startCommand, temporaryFolder } from './program.ts';

const DEMO = join(ROOT, 'packages/cli/src/demo.ts');

/** Fails when a process of the group is still running. */
function expectGroupGone(pid: number): void {
  expect(() => process.kill(-pid, 0)).toThrow('ESRCH');
}

describe('npm run demo', () => {
  it('streams live bars over midnight, ends by itself with 0, and leaves three complete days that DuckDB reads', async () => {
    const folder = temporaryFolder();
    const demo = startCommand('node', [DEMO, '--for', '17s'], {}, folder);
    const { code, stdout, stderr } = await demo.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[1]).toMatch(/ {2}page at http:\/\/127\.0\.0\.1:\d+\/, health at /);
    expect(stdout).toMatch(/ 23:48–24:00 {2}BTC-USDT .* 4\/4/);
    expect(stdout).toMatch(/stopped; [1-9]\d* candles streamed/);
    expect(stdout).toContain('The lake is in demo_data/parquet.');
    expectGroupGone(demo.process.pid!);
    const days = readdirSync(join(folder, 'demo_data/parquet/bars/timeframe=21m'));
    expect(days).toEqual(expect.arrayContaining(['date=2026-11-17', 'date=2026-11-18', 'date=2026-11-19']));
    const sql = /duckdb -c "(.*)"$/m.exec(stdout)![1]!;
    const duckdb = await DuckDBInstance.create();
    const connection = await duckdb.connect();
    for (const statement of sql.replaceAll('demo_data', join(folder, 'demo_data')).split(';'))
      await connection.run(statement);
    const whole = `SELECT date, count(*)::INT FROM '${folder}/demo_data/parquet/bars/*/*/*.parquet' WHERE status != 'short' AND symbol = 'BTC-USDT' GROUP BY 1 ORDER BY 1 LIMIT 3`;
    const counts = (await connection.runAndReadAll(whole)).getRowsJson().map(([, count]) => count);
    connection.closeSync();
    duckdb.closeSync();
    expect(counts).toEqual([69, 69, 69]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with both its children on %s', async (signal) => {
    const demo = startCommand('npm', ['run', 'demo']);
    await demo.line(/health at/);
    const pid = demo.process.pid!;
    // Ctrl-C reaches the whole group, a service manager's SIGTERM npm alone.
    process.kill(signal === 'SIGINT' ? -pid : pid, signal);
    const { code } = await demo.ended;
    expect(code).toBe(0);
    expectGroupGone(pid);
  });

  it('leaves the folder of a running demo alone', async () => {
    const folder = temporaryFolder();
    const running = startCommand('node', [DEMO], {}, folder);
    await running.line(/health at/);
    const before = readdirSync(join(folder, 'demo_data'));
    const { code, stderr } = await startCommand('node', [DEMO], {}, folder).ended;
    expect(stderr).toBe('error: "demo_data": another demo is running in it, expected one at a time\n');
    expect(code).toBe(2);
    expect(readdirSync(join(folder, 'demo_data'))).toEqual(expect.arrayContaining(before));
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  it('refuses a port in use with one line and leaves the folder as it was', async () => {
    const folder = temporaryFolder();
    const kept = join(folder, 'demo_data', 'kept.txt');
    mkdirSync(join(folder, 'demo_data'));
    writeFileSync(kept, 'an earlier lake');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await startCommand('node', [DEMO, '--port', `${port}`], {}, folder)
      .ended;
    server.close();
    expect(stderr).toBe(`error: --port "${port}": in use on 127.0.0.1, expected a free one; 0 picks one\n`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(join(folder, 'demo_data'))).toEqual(['kept.txt']);
    expect(readFileSync(kept, 'utf8')).toBe('an earlier lake');
  });

  it('refuses a wrong flag with one line', async () => {
    const { code, stderr } = await startCommand('node', [DEMO, '--for', 'ever']).ended;
    expect(stderr).toBe('error: --for "ever": expected a duration such as 90s, 5m or 2h\n');
    expect(code).toBe(2);
  });
});
