import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { createSyntheticInstrument, startExchange } from '@candlelake/exchange-sim';
import { expect, test } from 'vitest';
import { freePort } from '../../packages/aws-local/src/freePort.ts';
import { createS3ObjectStore } from '../../packages/functions/src/adapters/s3ObjectStore.ts';
import { listPaths } from '../support/lake.ts';
import { s3 } from './resources.ts';

const MAIN = 'packages/aws-local/src/main.ts';

function startLocal(args: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...environment } });
  const output = Promise.all([text(child.stdout), text(child.stderr)]).then((parts) => parts.join(''));
  return { child, output, ended: once(child, 'exit').then(([code]) => code as number | null) };
}

test('without an endpoint it says so in one line and ends with 2', async () => {
  const { output, ended } = startLocal([], { AWS_ENDPOINT_URL: '' });
  expect(await ended).toBe(2);
  expect((await output).trim().split('\n')).toHaveLength(1);
  expect(await output).toContain('AWS_ENDPOINT_URL');
});

test('a wrong flag is refused in one line with 2', async () => {
  const { output, ended } = startLocal(['--interval', '7m']);
  expect(await ended).toBe(2);
  expect(await output).toContain('"7m"');
});

test('the built bundles stream, backfill, build the lake and answer /health against a stand-in of the exchange', async () => {
  const now = Date.now();
  const exchange = await startExchange({
    instruments: [createSyntheticInstrument({ symbol: 'BTC-USDT', seed: 1 })],
  });
  const port = await freePort();
  const name = `local-${process.pid}`;
  const urls = ['--rest-url', exchange.restUrl, '--ws-url', exchange.wsUrl];
  const flags = ['--for', '45s', '--history-days', '1', '--port', String(port), '--name', name];
  const { output, ended } = startLocal([...urls, ...flags]);
  try {
    const health = () =>
      fetch(`http://127.0.0.1:${port}/health`).then(async (answer) => {
        const { reason } = (await answer.json()) as { reason?: string };
        return `${answer.status} ${reason ?? 'ok'}`;
      }, String);
    await expect.poll(health, { timeout: 40_000, interval: 1_000 }).toBe('200 ok');
    expect(await ended, await output).toBe(0);
    const paths = await listPaths(createS3ObjectStore({ client: s3, bucket: name }));
    const yesterday = new Date(now - 86_400_000).toISOString().slice(0, 10);
    expect(paths).toContain(`bars/timeframe=21m/date=${yesterday}/bars.parquet`);
    expect(await output).toContain('0 invocations failed');
  } finally {
    await exchange.close();
  }
}, 120_000);
