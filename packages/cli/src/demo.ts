/** `npm run demo`: the program against a stand-in for the exchange on loopback, on a fast clock. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConfigError, type Settings } from '@candlelake/core';
import { Command, CommanderError } from 'commander';
import { Hono } from 'hono';
import { takeLease } from './adapters/lakeLease.ts';
import { addFlags, readSettings } from './flags.ts';
import { startHttpServer } from './http/server.ts';

const EXCHANGE = new URL('../../exchange-sim/bin/candlelake-exchange.mjs', import.meta.url);
const PROGRAM = new URL('../bin/candlelake.mjs', import.meta.url);
const OUTPUT = 'demo_data';
/** Held in the folder of the demo while it runs, so that a second demo does not remove it. */
const LEASE = 'demo.lock';
const SYMBOLS = 'BTC-USDT,ETH-USDT,DOGE-USDT';
/** A simulated hour takes a real minute, so live bars appear within half a minute. */
const SPEED = 60;
/** Shortly before the end of a session, so that its 12-minute bar is among the first. */
const STARTS_AT = Date.parse('2026-11-20T23:46:00Z');
/** Enough for the stand-in, which has nothing to save. */
const END_MS = 1_000;
const FLAGS = ['forMs', 'port', 'debug', 'logFormat'] as const;

const QUERY_HINT = `
The lake is in ${OUTPUT}/parquet. Query it with any reader of Parquet, for example DuckDB:
  duckdb -c "SET TimeZone = 'UTC'; SELECT symbol, open_time, close, ma_cross, atr FROM read_parquet('${OUTPUT}/parquet/bars/*/*/bars.parquet') WHERE ma_cross IS NOT NULL ORDER BY open_time DESC LIMIT 10"`;

process.exit(await run(process.argv.slice(2)));

async function run(words: readonly string[]): Promise<number> {
  const command = addFlags(new Command('npm run demo --'), FLAGS).exitOverride();
  try {
    command.parse(words, { from: 'user' });
    await refusePortInUse(readSettings(command, FLAGS));
    return await demonstrate(words);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** Throws ConfigError, before the folder is emptied, when the stream could not listen on its address. */
async function refusePortInUse(settings: Settings): Promise<void> {
  const server = await startHttpServer(new Hono(), settings);
  server.close();
}

/** Empties the folder of the demo and takes its lease. Throws ConfigError while another demo has it. */
function takeFolder(): { close(): void } {
  mkdirSync(OUTPUT, { recursive: true });
  const lease = takeLease(join(OUTPUT, LEASE));
  if (lease === null)
    throw new ConfigError(`"${OUTPUT}": another demo is running in it, expected one at a time`);
  for (const name of readdirSync(OUTPUT)) {
    if (!name.startsWith(LEASE)) rmSync(join(OUTPUT, name), { recursive: true });
  }
  return lease;
}

/** Runs the stand-in and the stream until the stream ends. Resolves with the exit code. */
async function demonstrate(words: readonly string[]): Promise<number> {
  const lease = takeFolder();
  console.log(
    `demo: a BingX stand-in on this machine with a clock ${SPEED} times as fast; ${OUTPUT} is created anew; Ctrl-C ends it`,
  );
  const children = createChildren(`${Date.now()}:${STARTS_AT}:${SPEED}`);
  const exchange = children.start(EXCHANGE, ['--json', '--symbol', SYMBOLS], 'pipe');
  try {
    const address = await readAddress(exchange);
    if (address === null) return children.isStopped() ? 0 : 1;
    const flags = ['--rest-url', address.restUrl, '--ws-url', address.wsUrl, '--output', OUTPUT];
    const stream = children.start(PROGRAM, ['stream', ...flags, '--symbol', SYMBOLS, ...words], 'inherit');
    exchange.once('exit', () => stream.kill());
    const [code] = await once(stream, 'exit');
    if (code === 0) console.log(QUERY_HINT);
    // A signal that arrives before the stream handles signals ends it without an exit code; that is no
    // failure.
    if (children.isStopped()) return code ?? 0;
    return isRunning(exchange) ? (code ?? 1) : 1;
  } finally {
    await end(exchange);
    lease.close();
  }
}

/**
 * Starts child processes on one clock. A signal is forwarded to the child that was started last, so that the
 * stream can derive its lake before the stand-in ends.
 */
function createChildren(CANDLELAKE_CLOCK: string) {
  const env = { ...process.env, CANDLELAKE_CLOCK };
  const started: ChildProcess[] = [];
  let isStopped = false;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      isStopped = true;
      started.at(-1)?.kill(name);
    });
  }
  return {
    isStopped: () => isStopped,
    start(file: URL, args: readonly string[], stdout: 'pipe' | 'inherit') {
      const stdio = ['ignore', stdout, 'inherit'] as const;
      const child = spawn(process.execPath, [fileURLToPath(file), ...args], { stdio: [...stdio], env });
      started.push(child);
      return child;
    },
  };
}

/** Reads the addresses from the one line that the stand-in prints; null when it ends without one. */
async function readAddress(exchange: ChildProcess): Promise<{ restUrl: string; wsUrl: string } | null> {
  const lines = createInterface({ input: exchange.stdout! });
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  return line === undefined ? null : JSON.parse(line);
}

/** Ends a child process and waits for its exit. */
async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, 'exit');
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await exited;
  clearTimeout(timer);
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
