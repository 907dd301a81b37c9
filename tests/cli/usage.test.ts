import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInProcess } from './inProcess.ts';
import { ROOT, runProgram, startCommand, temporaryFolder } from './program.ts';

const STAND_IN = 'http://127.0.0.1:1';
/** 2026-11-20T12:00Z, at the speed of the machine's clock. */
const SIMULATED_CLOCK = `${Date.now()}:${Date.UTC(2026, 10, 20, 12)}:1`;

/** Command line, variables, and the one line on stderr. */
const WRONG: readonly [words: readonly string[], variables: Record<string, string>, line: string][] = [
  [['stream', '--ma-short', '0'], {}, 'error: --ma-short "0": expected a whole number from 1 to 10000'],
  [
    ['stream', '--timeframe', '20m'],
    {},
    'error: --timeframe: timeframe "20m" is not a multiple of the interval "3m"; the nearest that can be built: "18m" and "21m"',
  ],
  [['stream', '--symbo', 'A-USDT'], {}, "error: unknown option '--symbo' (Did you mean --symbol?)"],
  [['stream', '--port'], {}, "error: option '--port <port>' argument missing"],
  [['stream', 'now'], {}, "error: too many arguments for 'stream'. Expected 0 arguments but got 1: now."],
  [['strem'], {}, "error: unknown command 'strem' (Did you mean stream?)"],
  [
    ['stream', '--verify-bucket', 'noon'],
    {},
    'error: --verify-bucket "noon": expected a UTC date or time such as 2026-11-22 or 2026-11-22T12:00Z',
  ],
  [
    ['stream'],
    { CANDLELAKE_ATR_PERIOD: '1.5' },
    'error: CANDLELAKE_ATR_PERIOD "1.5": expected a whole number from 1 to 10000',
  ],
  [
    ['stream', '--config', 'no/such.json'],
    {},
    'error: --config "no/such.json": can\'t be read, expected a JSON file',
  ],
  [
    ['stream'],
    { CANDLELAKE_CLOCK: '1:1:1' },
    'error: CANDLELAKE_CLOCK: refused with the real exchange, expected the --rest-url of a stand-in',
  ],
  [['backfill'], {}, 'error: --from: missing, expected a UTC date or time such as 2026-11-22'],
  [
    ['backfill', '--from', '2999-01-01'],
    {},
    'error: --from "2999-01-01T00:00Z": no candle has closed since then',
  ],
  [['backfill', '--history-days', '1'], {}, "error: unknown option '--history-days'"],
  [
    ['stream', '--until', '2026-11-17', '--rest-url', STAND_IN, '--ws-url', 'ws://127.0.0.1:1'],
    { CANDLELAKE_CLOCK: SIMULATED_CLOCK },
    'error: --until "2026-11-17T00:00Z": expected a time after "2026-11-17T00:00Z", the start of the window of --history-days',
  ],
  [
    ['stream', '--output', '/proc/candlelake/out'],
    {},
    'error: --output "/proc/candlelake/out": can\'t be made, expected a folder that can be written',
  ],
  [
    ['stream', '--output', join(ROOT, 'package.json')],
    {},
    `error: --output "${join(ROOT, 'package.json')}": is a file, expected a folder`,
  ],
  [
    ['import', 'candles.csv'],
    {},
    'error: --symbol: missing, expected symbols in capitals with a hyphen, such as BTC-USDT,ETH-USDT',
  ],
  [
    ['import', 'candles.csv', '--symbol', 'A-USDT,B-USDT'],
    {},
    'error: --symbol "A-USDT,B-USDT": expected one symbol, the one in the file',
  ],
];

describe('wrong usage ends with 2 and one line', () => {
  it.each(WRONG)('%j %j', async (words, variables, line) => {
    const { code, stdout, stderr } = await runInProcess(words, variables);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `${line}\n` });
  });

  it('names the key and the file of a wrong setting', async () => {
    const file = join(temporaryFolder(), 'lake.json');
    writeFileSync(file, '{ "maShort": 12 }');
    const { code, stderr } = await runInProcess(['stream', '--config', file]);
    expect(stderr).toBe(`error: "maShort" in ${file} "12": expected less than the "7" of --ma-long\n`);
    expect(code).toBe(2);
  });

  it('reads a JSON file with a byte order mark, as Windows editors write it', async () => {
    const file = join(temporaryFolder(), 'lake.json');
    writeFileSync(file, '\uFEFF{ "timeframe": "1h" }');
    const { code, stdout } = await runInProcess(['stream', '--show-alignment', '--config', file]);
    expect(stdout).toMatch(/^60m: 24 bars/);
    expect(code).toBe(0);
  });

  it('names the port that another program has', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const output = join(temporaryFolder(), 'out');
    const { code, stderr } = await runProgram(['stream', '--port', String(port), '--output', output]);
    server.close();
    expect(stderr).toBe(`error: --port "${port}": in use on 127.0.0.1, expected a free one; 0 picks one\n`);
    expect(code).toBe(2);
    expect(existsSync(output)).toBe(false);
  });

  it('names an output folder that cannot be created', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const { code, stderr } = await runProgram(['stream', '--output', join(file, 'out')]);
    expect(stderr).toBe(
      `error: --output "${join(file, 'out')}": can't be made, expected a folder that can be written\n`,
    );
    expect(code).toBe(2);
  });

  it('says what to type first, and still ends with 2, when no command is named', async () => {
    const { code, stdout, stderr } = await runProgram([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^candlelake keeps BingX candles complete/);
    for (const command of stderr.matchAll(/^ {2}candlelake (\w+)/gm))
      expect((await runInProcess([command[1]!, '--help'])).code, command[1]).toBe(0);
    expect(stderr).toContain('candlelake --help');
  });
});

describe('help and version end with 0', () => {
  it('the help of stream names every flag with its default', async () => {
    const { code, stdout } = await runInProcess(['stream', '--help']);
    const text = stdout.replace(/\s+/g, ' ');
    const defaults = {
      symbol: 'BTC-USDT',
      interval: '3m',
      timeframe: '21m',
      'history-days': '3',
      output: 'bingx_data',
      'ma-short': '3',
      'ma-long': '7',
      'atr-period': '14',
      host: '127.0.0.1',
      port: '0',
    };
    for (const [flag, value] of Object.entries(defaults)) {
      expect(text).toMatch(new RegExp(`--${flag} <[^>]+> [^-]*(-[^-]+)*?\\(default: ${value}\\)`));
    }
    const plain = ['no-backfill', 'no-gap-fill', 'debug', 'no-ma', 'no-atr', 'memory-mapped', 'skip-partial'];
    const others = ['verify-bucket', 'show-alignment', 'rest-url', 'ws-url', 'for', 'until', 'config'];
    for (const flag of [...plain, ...others]) expect(text).toContain(` --${flag} `);
    expect(code).toBe(0);
  });

  it('the help of import asks for one symbol and promises only what holds for its flags', async () => {
    const text = (await runInProcess(['import', '--help'])).stdout.replace(/\s+/g, ' ');
    expect(text).toContain('--symbol <symbols> the symbol of the candles in the file (required)');
    expect(text.trim()).toMatch(/--config is no key of the file\.$/);
    const stream = (await runInProcess(['stream', '--help'])).stdout.replace(/\s+/g, ' ');
    expect(stream).toContain('Flags only: --show-alignment, --verify-bucket.');
  });

  it.each(['stream', 'doctor', 'status', 'backfill', 'audit', 'repair', 'corrections', 'import', 'query'])(
    'the help of %s fits a screen, its common flags first',
    async (command) => {
      const { code, stdout } = await runInProcess([command, '--help']);
      const lines = stdout.trimEnd().split('\n');
      expect(code).toBe(0);
      expect(lines.length, stdout).toBeLessThanOrEqual(45);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(84);
      const [first = '', further = ''] = stdout.split('Further options:');
      expect(first).toContain('--output <folder>');
      expect(first).not.toContain('--config <file>');
      expect(further).toContain('--config <file>');
    },
  );

  it('the version is that of the package', async () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8'));
    expect(await runProgram(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe('output that cannot be written', () => {
  const FULL: readonly (readonly string[])[] = [
    ['stream', '--show-alignment'],
    ['stream', '--verify-bucket', '2026-11-22 12:34', '--output', join(temporaryFolder(), 'none')],
    ['stream', '--help'],
    ['--version'],
  ];

  it.each(FULL)('ends %s with 1 and one line', async (...words) => {
    const script = 'candlelake "$@" > /dev/full';
    const { code, stderr } = await startCommand('bash', ['-c', script, 'bash', ...words]).ended;
    expect(stderr).toBe("error: output can't be written: ENOSPC: no space left on device, write\n");
    expect(code).toBe(1);
  });

  it('ends an import with 1, which is done all the same', async () => {
    const output = temporaryFolder();
    const file = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
    const words = ['import', file, '--symbol', 'BTC-USDT', '--output', output];
    const script = 'candlelake "$@" > /dev/full';
    const { code, stderr } = await startCommand('bash', ['-c', script, 'bash', ...words]).ended;
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(existsSync(join(output, 'parquet/candles/interval=3m/date=2025-08-02'))).toBe(true);
  });
});

describe('--show-alignment', () => {
  it('prints the grid and ends, without a folder or a connection', async () => {
    const output = join(temporaryFolder(), 'out');
    const { code, stdout } = await runProgram(['stream', '--show-alignment', '--output', output]);
    const rows = stdout.split('\n').filter((line) => /\d\d:\d\d–\d\d:\d\d/.test(line));
    expect(rows).toHaveLength(69);
    expect(rows.at(-1)).toBe(' 68  23:48–24:00  4');
    expect(existsSync(output)).toBe(false);
    expect(code).toBe(0);
  });
});
