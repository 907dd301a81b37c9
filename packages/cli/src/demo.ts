/** `npm run demo`: the whole program against the stand-in for the exchange, on a fast clock, without a network. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@candlelake/core';
import { Command, CommanderError } from 'commander';
import { addFlags, readSettings } from './flags.ts';

const OUTPUT = 'demo_data';
const SYMBOLS = 'BTC-USDT,ETH-USDT,DOGE-USDT';
/** A simulated hour is a minute: live bars within half a minute. */
const SPEED = 60;
/** Twenty minutes before the end of a session: its 12-minute bar is among the first. */
const STARTS_AT = Date.parse('2026-11-20T23:38:00Z');
const FLAGS = ['forMs', 'port', 'debug', 'logFormat'] as const;

const HOW_TO_ASK = `
The lake is in ${OUTPUT}/parquet. Ask it with anything that reads Parquet, for example DuckDB:
  duckdb -c "SET TimeZone = 'UTC'; SELECT symbol, open_time, close, ma_cross, atr FROM read_parquet('${OUTPUT}/parquet/bars/*/*/bars.parquet') WHERE ma_cross IS NOT NULL ORDER BY open_time DESC LIMIT 10"`;

process.exit(await run(process.argv.slice(2)));

async function run(words: readonly string[]): Promise<number> {
  const command = addFlags(new Command('npm run demo --'), FLAGS).exitOverride();
  try {
    command.parse(words, { from: 'user' });
    readSettings(command, FLAGS);
    return await demonstrate(words);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** Runs the stand-in and the stream beside each other until the stream ends; resolves with its exit code. */
async function demonstrate(words: readonly string[]): Promise<number> {
  rmSync(OUTPUT, { recursive: true, force: true });
  console.log(
    `demo: a BingX stand-in on this machine, its clock ${SPEED} times as fast; ${OUTPUT} is made afresh; Ctrl-C ends it`,
  );
  const CANDLELAKE_CLOCK = `${Date.now()}:${STARTS_AT}:${SPEED}`;
  const start = (file: string, args: readonly string[], stdout: 'pipe' | 'inherit') =>
    spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
      stdio: ['ignore', stdout, 'inherit'],
      env: { ...process.env, CANDLELAKE_CLOCK },
    });
  const exchange = start(
    '../../exchange-sim/bin/candlelake-exchange.mjs',
    ['--json', '--symbol', SYMBOLS],
    'pipe',
  );
  try {
    const { restUrl, wsUrl } = await readAddress(exchange);
    const place = ['--output', OUTPUT, '--rest-url', restUrl, '--ws-url', wsUrl, '--symbol', SYMBOLS];
    const stream = start('../bin/candlelake.mjs', ['stream', ...place, ...words], 'inherit');
    const code = await endOf(stream, exchange);
    if (code === 0) console.log(HOW_TO_ASK);
    return code;
  } finally {
    exchange.kill();
  }
}

/** The one line that the stand-in prints. */
async function readAddress(exchange: ChildProcess): Promise<{ restUrl: string; wsUrl: string }> {
  const lines = createInterface({ input: exchange.stdout! });
  const [line] = await Promise.race([once(lines, 'line'), once(exchange, 'exit').then(() => [null])]);
  if (line === null) throw new Error('the stand-in did not start');
  return JSON.parse(line);
}

/** The stream's exit code; 1 when the stand-in ends before it. Signals reach the stream, which flushes before it ends. */
async function endOf(stream: ChildProcess, exchange: ChildProcess): Promise<number> {
  const pass = (name: NodeJS.Signals) => stream.kill(name);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, pass);
  exchange.once('exit', () => stream.kill());
  const [code] = await once(stream, 'exit');
  return exchange.exitCode === null && exchange.signalCode === null ? (code ?? 1) : 1;
}
