import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CrossoverNotice } from '@candlelake/core';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteReader } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { runInProcess } from './inProcess.ts';
import { startProgram, temporaryFolder } from './program.ts';
import { type Simulation, simulate, urlOf } from './simulation.ts';

const MORNING = Date.UTC(2026, 10, 20, 6, 1);
/** Averages of one and two bars of 6m cross every few bars. */
const CROSSING = ['--timeframe', '6m', '--ma-short', '1', '--ma-long', '2', '--history-days', '0'];

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function simulation(): Promise<Simulation> {
  const simulated = await simulate({ from: MORNING, speed: 240 });
  closers.push(() => simulated.exchange.close());
  return simulated;
}

interface Webhook {
  readonly url: string;
  readonly received: CrossoverNotice[];
  /** Resolves when that many notices have arrived. */
  arrived(count: number): Promise<void>;
}

/** A webhook that answers 500 to the first requests; it keeps what it took. */
async function startWebhook(failures: number): Promise<Webhook> {
  const received: CrossoverNotice[] = [];
  let requests = 0;
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const isTaken = requests++ >= failures;
    if (isTaken) received.push(JSON.parse(body) as CrossoverNotice);
    response.writeHead(isTaken ? 204 : 500).end();
    server.emit('answered');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks/s3cret?key=s3cret`,
    received,
    async arrived(count) {
      while (received.length < count) await once(server, 'answered');
    },
  };
}

describe('alerts of a stream', () => {
  it('reach a webhook that fails first, in order, and none of the history; the secret is nowhere', async () => {
    const { flags, variables, output } = await simulation();
    const webhook = await startWebhook(2);
    const words = ['stream', ...flags, ...CROSSING, '--debug', '--alert-webhook', webhook.url];
    const program = startProgram(words, variables);
    const url = await urlOf(program);
    await webhook.arrived(4);
    const health = await (await fetch(`${url}/health`)).text();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    program.process.kill();
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(0);
    const host = new URL(webhook.url).host;
    expect(stdout).toContain(`alerts: ${host} answered 500; `);
    expect(stdout).toContain(`alerts: ${host} takes them again`);
    expect(JSON.parse(health).alerts).toMatchObject([{ sink: 'webhook', target: host, failures: 2 }]);
    expect(metrics).toMatch(/^candlelake_alert_failures_total\{sink="webhook"\} 2$/m);
    expect(metrics).toMatch(/^candlelake_alerts_waiting\{sink="webhook"\} \d+$/m);
    for (const text of [stdout, stderr, health, metrics]) expect(text).not.toContain('s3cret');
    const store = openSqliteReader(join(output, 'candles.sqlite'));
    const kept = await store.recentNotices(1000);
    store.close();
    const first = webhook.received.map(({ id }) => id);
    expect(kept.map(({ id }) => id).reverse()).toEqual(expect.arrayContaining(first));
    for (const notice of webhook.received) {
      expect(notice).toMatchObject({ market: 'swap', symbol: 'BTC-USDT', status: 'complete' });
      expect(notice.closeTime).toBeGreaterThan(MORNING);
    }
    const times = webhook.received.map(({ closeTime }) => closeTime);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('wait in the store while the webhook fails, and go out after a restart', async () => {
    const { flags, variables } = await simulation();
    const deaf = await startWebhook(Number.POSITIVE_INFINITY);
    const words = ['stream', ...flags, ...CROSSING, '--alert-webhook'];
    const first = startProgram([...words, deaf.url], variables);
    const url = await urlOf(first);
    const waiting = async () => {
      const { alerts } = (await (await fetch(`${url}/health`)).json()) as { alerts: { waiting: number }[] };
      return alerts[0]?.waiting ?? 0;
    };
    await expect.poll(waiting, { timeout: 150_000 }).toBeGreaterThanOrEqual(3);
    first.process.kill('SIGKILL');
    await first.ended;
    const webhook = await startWebhook(0);
    const second = startProgram([...words, webhook.url], variables);
    await webhook.arrived(3);
    second.process.kill();
    expect((await second.ended).code).toBe(0);
    const times = webhook.received.map(({ closeTime }) => closeTime);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(webhook.received.map(({ sequence }) => sequence)).toContain(1);
  });

  it('that a webhook leaves unanswered do not delay the end of the program', async () => {
    const { flags, variables } = await simulation();
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closers.push(
      () => silent.closeAllConnections(),
      () => silent.close(),
    );
    const { port } = silent.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}`;
    const program = startProgram(['stream', ...flags, ...CROSSING, '--alert-webhook', address], variables);
    await once(silent, 'request');
    program.process.kill();
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/stopped; .*\n.*alerts: \d+ for 127\.0\.0\.1:\d+ waits? for the next start\n$/);
  });

  it('are given to a command as JSON on its standard input', async () => {
    const { flags, variables } = await simulation();
    const file = join(temporaryFolder(), 'alerts');
    const script = `cat >> ${file}; echo done >> ${file}`;
    const program = startProgram(
      ['stream', ...flags, ...CROSSING, '--alert-command', `sh -c '${script}'`],
      variables,
    );
    const url = await urlOf(program);
    const sent = async () =>
      (await (await fetch(`${url}/metrics`)).text()).match(/alerts_sent_total.* (\d+)$/m);
    await expect.poll(async () => Number((await sent())?.[1] ?? 0), { timeout: 150_000 }).toBeGreaterThan(1);
    program.process.kill();
    expect((await program.ended).code).toBe(0);
    const { readFileSync } = await import('node:fs');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines[1]).toBe('done');
    expect(JSON.parse(lines[0]!)).toMatchObject({ state: 'crossed', sequence: 1, timeframe: '6m' });
  });
});

describe('wrong alert settings', () => {
  it.each([
    [
      ['--alert-webhook', 'hooks.example.com/s3cret'],
      /^error: --alert-webhook: expected an address that begins with https:\/\/ or http:\/\/\n$/,
    ],
    [['--alert-webhook', 'ftp://h/s3cret'], /^error: --alert-webhook: expected an address that begins with/],
    [
      ['--alert-webhook', 'https://h/s3cret', '--alert-format', 'xml'],
      /^error: --alert-format "xml": expected json or discord or slack or telegram\n$/,
    ],
    [['--alert-format', 'slack'], /^error: --alert-format "slack": expected --alert-webhook too\n$/],
    [
      ['--alert-webhook', 'https://h/s3cret', '--alert-format', 'telegram'],
      /^error: --alert-webhook: expected https:\/\/api\.telegram\.org\/bot<token>\/sendMessage\?chat_id=<chat>\n$/,
    ],
    [
      ['--alert-webhook', 'https://h/s3cret', '--no-ma'],
      /^error: --alert-webhook: there are no crossovers with --no-ma, expected --ma\n$/,
    ],
    [
      ['--alert-command', 'no-such-program s3cret'],
      /^error: --alert-command "no-such-program": not found or not executable; expected a program and its arguments, without shell syntax\n$/,
    ],
    [
      ['--alert-webhok=https://user:s3cret@h.example/s3cret'],
      /^error: unknown option '--alert-webhok=https:\/\/h\.example'/,
    ],
  ])('%j ends the program with 2 and one line', async (words, message) => {
    const output = temporaryFolder();
    const { code, stdout, stderr } = await runInProcess(['stream', '--output', output, ...words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('s3cret');
  });
});
