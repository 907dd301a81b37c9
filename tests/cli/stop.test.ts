import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type RunningProgram, startCommand, startProgram } from './program.ts';
import { lakeState, type Simulation, simulate, streamed } from './simulation.ts';

/** The longest time from the signal to the end of the process: docs/truth.md, "What is promised". */
const PROMISED_MS = 5_000;
const FROM = Date.UTC(2026, 10, 20, 0, 31);
/** 1m candles: one closes each second at the speed of the simulation. */
const WORDS = ['--interval', '1m', '--timeframe', '1m', '--history-days', '0'];

const closers: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closers.splice(0)) await close();
});

async function simulation(): Promise<Simulation> {
  const simulated = await simulate({ from: FROM });
  closers.push(() => simulated.exchange.close());
  return simulated;
}

type Start = (simulated: Simulation) => RunningProgram;
const startNode: Start = ({ flags, variables }) => startProgram(['stream', ...flags, ...WORDS], variables);
const startNpm: Start = ({ flags, variables }) =>
  startCommand('npm', ['start', '--', ...flags, ...WORDS], variables);

/** A stream and the stand-in that it is connected to. */
interface Streaming {
  readonly simulated: Simulation;
  readonly program: RunningProgram;
}

/** Starts a stream on a stand-in of its own. Resolves when it has stored that many streamed candles. */
async function startStreaming(start: Start, candles: number): Promise<Streaming> {
  const simulated = await simulation();
  const program = start(simulated);
  closers.push(() => program.process.kill('SIGKILL'));
  await streamed(program, candles);
  return { simulated, program };
}

/**
 * Sends signals one after another. Resolves with how the program ended and the time since the first signal.
 */
async function stopWith(program: RunningProgram, ...sends: readonly (() => void)[]) {
  const sentAt = Date.now();
  for (const send of sends) send();
  const { code, stdout, stderr } = await program.ended;
  return { code, stdout, errors: stderr.replace(/^npm .*\n/gm, ''), tookMs: Date.now() - sentAt };
}

describe('a stop, while the socket is silent and a request hangs', () => {
  const WAYS: readonly [whom: string, signal: NodeJS.Signals, start: Start, isGroup: boolean][] = [
    ['node', 'SIGINT', startNode, false],
    ['node', 'SIGTERM', startNode, false],
    ['npm alone', 'SIGINT', startNpm, false],
    ['npm alone', 'SIGTERM', startNpm, false],
    ['the process group of npm', 'SIGINT', startNpm, true],
    ['the process group of npm', 'SIGTERM', startNpm, true],
  ];

  let streams: readonly Streaming[] = [];

  // All are started together, because most of their time is waiting. The watermark lags behind the clock: of
  // two
  // candles the first is before it.
  beforeAll(async () => {
    streams = await Promise.all(WAYS.map(([, , start]) => startStreaming(start, 2)));
  });

  it.each(WAYS)(
    'of %s by %s flushes and ends with 0 in time (predecessor faults 47 and 48)',
    async (whom, signal, _, isGroup) => {
      const { simulated, program } = streams[WAYS.findIndex((way) => way[0] === whom && way[1] === signal)]!;
      simulated.exchange.setFaults({ silent: true, rest: 'hang' });
      const pid = program.process.pid!;
      const { code, stdout, errors, tookMs } = await stopWith(program, () =>
        process.kill(isGroup ? -pid : pid, signal),
      );
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(tookMs).toBeLessThan(PROMISED_MS);
      expect(stdout.match(/stopping/g)).toEqual(['stopping']);
      expect(stdout).toMatch(/stopped; [1-9]\d* candles streamed/);
      const { asOf, dirtyDays } = await lakeState(simulated.output);
      expect(dirtyDays).toBe(0);
      expect(asOf).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 20, 0, 32));
    },
  );
});

it('a stop ends in time while history hangs from the start and the peer of the socket reads nothing', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const silent = createServer().listen(0, '127.0.0.1');
  closers.push(
    () => server.close(),
    () => silent.close(),
    () => {
      for (const client of server.clients) client.terminate();
    },
  );
  const flooded = Promise.withResolvers<void>();
  server.once('connection', (client) => {
    client.pause();
    void flood(client).then(flooded.resolve);
  });
  await new Promise((resolve) => silent.once('listening', resolve));
  const port = (of: { address(): unknown }) => (of.address() as AddressInfo).port;
  const simulated = await simulation();
  const urls = [
    '--rest-url',
    `http://127.0.0.1:${port(silent)}`,
    '--ws-url',
    `ws://127.0.0.1:${port(server)}`,
  ];
  const program = startProgram(['stream', ...simulated.flags, ...urls], simulated.variables);
  await flooded.promise;
  const { code, errors, tookMs } = await stopWith(program, () => program.process.kill('SIGTERM'));
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(tookMs).toBeLessThan(PROMISED_MS);
});

/** Sends pings that need an answer: tens of thousands of small packets overflow the send buffer. */
async function flood(client: WebSocket): Promise<void> {
  const ping = gzipSync('Ping');
  for (let round = 0; round < 100; round++) {
    for (let count = 0; count < 400; count++) client.send(ping);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('while another process holds the lease of the lake', () => {
  /** A stream with candles that it cannot derive. */
  async function streamWithoutLease(): Promise<Streaming> {
    const { simulated, program } = await startStreaming(startNode, 1);
    const lease = new DatabaseSync(join(simulated.output, 'lake.lock'), { timeout: 5_000 });
    lease.exec('BEGIN EXCLUSIVE');
    closers.push(() => lease.close());
    await streamed(program, 2);
    return { simulated, program };
  }

  it.concurrent('a stop ends in time with 0, reports that the lake is behind, and leaves its marks for the next start', async () => {
    const { simulated, program } = await streamWithoutLease();
    const { code, stdout, errors, tookMs } = await stopWith(program, () => program.process.kill('SIGTERM'));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(tookMs).toBeLessThan(PROMISED_MS);
    expect(stdout).toContain(
      'stopped before the lake was up to date; what is stored is safe, the next start derives the rest',
    );
    expect((await lakeState(simulated.output)).dirtyDays).toBeGreaterThan(0);
  });

  it.concurrent('a second signal within a second is ignored, a later one ends at once with 1', async () => {
    const { program } = await streamWithoutLease();
    const { code, stdout, tookMs } = await stopWith(
      program,
      () => program.process.kill('SIGINT'),
      () => program.process.kill('SIGINT'),
      () => setTimeout(() => program.process.kill('SIGINT'), 1_500),
    );
    expect(code).toBe(1);
    expect(stdout.match(/stopping/g)).toEqual(['stopping']);
    expect(tookMs).toBeGreaterThanOrEqual(1_500);
    expect(tookMs).toBeLessThan(3_500);
  });
});
