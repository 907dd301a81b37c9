import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeZip } from '../support/makeZip.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, temporaryFolder } from './program.ts';
import { type Simulation, simulate } from './simulation.ts';

/** Commands of README.md that are run here, in their order. */
const RUN = [
  'npm start -- --symbol BTC-USDT,ETH-USDT --timeframe 21m,1h',
  'npx candlelake status',
  'npx candlelake backfill --symbol BTC-USDT --from 2026-11-01 --to 2026-11-20',
  'npx candlelake import BTCUSDT-3m-2025-08.zip --symbol BTC-USDT --dry-run',
  'npx candlelake audit --require-complete',
  'npx candlelake repair --dry-run',
  'npx candlelake corrections --symbol BTC-USDT',
  'npx candlelake query "SELECT close_time, symbol, ma_cross FROM bars WHERE ma_cross IS NOT NULL ORDER BY 1"',
  'npx candlelake export --symbol BTC-USDT --timeframe 1h --format freqtrade',
  'npx candlelake compare chart.csv --symbol BTC-USDT --timeframe 21m',
  'npx candlelake replay --symbol BTC-USDT --speed 60',
  'npx candlelake stream --show-alignment',
  'npx candlelake stream --verify-bucket "2026-11-20 23:50"',
  'npx candlelake stream --market spot --symbol BTC-USDT --timeframe 21m,1h',
];

/** Commands of README.md that something else runs, or that nothing here can run: README says so. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': '.ci/run',
  'npm ci && npm test': '.ci/run',
  'npm run package:build && npm pack ./dist/candlelake --pack-destination ..': 'tests/package/run',
  'mkdir ../candles && cd ../candles && npm install ../candlelake-0.1.0.tgz': 'tests/package/run',
  'npx candlelake doctor': 'tests/cli/doctor.test.ts',
  "curl 'http://localhost:8080/api/bars?symbol=BTC-USDT&timeframe=21m&limit=100'":
    'tests/cli/api/docs.test.ts',
  "curl -N 'http://localhost:8080/api/live?symbol=BTC-USDT'": 'tests/cli/api/docs.test.ts',
  'CANDLELAKE_ALERT_WEBHOOK=https://hooks.slack.com/services/… npm start -- --alert-format slack':
    'tests/cli/alerts.test.ts',
  'npx candlelake query "SELECT date, symbol, expected, quiet, missing, first_missing FROM coverage WHERE missing > 0 OR provisional > 0"':
    'tests/processes/recordedTruth.test.ts',
  'npm start -- --alert-command "python3 on_crossover.py"': 'tests/cli/alerts.test.ts',
};

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const FIXTURE = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');

/** The lines of the shell blocks, with whether the text around the block says that it was not run. */
function commandsOf(page: string): readonly { readonly command: string; readonly isNotRun: boolean }[] {
  return page.split(/^#+ /m).flatMap((section) => {
    const isNotRun = /not run/i.test(section.replaceAll(/not run on macOS and Windows/g, ''));
    return [...section.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) =>
      block[1]!
        .trim()
        .split('\n')
        .map((command) => ({ command, isNotRun })),
    );
  });
}

it('every command of the README is run by a test or a lane, or is marked as not run', () => {
  const left = commandsOf(README)
    .filter(({ command, isNotRun }) => !isNotRun && !RUN.includes(command) && !(command in ELSEWHERE))
    .map(({ command }) => command);
  expect(left).toEqual([]);
  const shown = new Set(commandsOf(README).map(({ command }) => command));
  expect([...RUN, ...Object.keys(ELSEWHERE)].filter((command) => !shown.has(command))).toEqual([]);
  expect(Object.values(ELSEWHERE).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe('the commands of "Run it"', () => {
  /** The stream ends when all slots before it are settled: whatever it kept after it is not looked at. */
  const SETTLED = '2026-11-20T23:30Z';
  const output = temporaryFolder();
  const files = temporaryFolder();
  let simulation: Simulation;
  beforeAll(async () => {
    const symbols = ['BTC-USDT', 'ETH-USDT'];
    const from = Date.UTC(2026, 10, 20, 23, 20);
    simulation = await simulate({ from, speed: 600, symbols, spotSymbols: ['BTC-USDT'] });
    const rows = readFileSync(FIXTURE, 'utf8').trim().split('\n').slice(1, 20);
    writeFileSync(
      join(files, 'BTCUSDT-3m-2025-08.zip'),
      makeZip({ 'BTCUSDT-3m-2025-08.csv': rows.join('\n') }),
    );
  });
  afterAll(() => simulation.exchange.close());

  /** Runs a command; its files lie in a folder of the test. */
  function run(command: string, rest: readonly string[] = [], wsUrl = simulation.exchange.wsUrl) {
    const program = command.replace(/^npm start --/, 'stream').replace(/^npx candlelake /, '');
    const words = [...program.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    const placed = words.map((word) => (/\.(zip|csv)$/.test(word) ? join(files, word) : word));
    return runInProcess([...placed, ...rest], {
      ...simulation.variables,
      CANDLELAKE_OUTPUT: output,
      CANDLELAKE_REST_URL: simulation.exchange.restUrl,
      CANDLELAKE_WS_URL: wsUrl,
    });
  }

  /** A chart of the lake's own bars: that prices are compared is shown in compare.test.ts. */
  async function exportChart(): Promise<void> {
    const exported = await run('npx candlelake export --symbol BTC-USDT --timeframe 21m --format ndjson');
    const lines = exported.stdout
      .trim()
      .split('\n')
      .map((line) => {
        const { time, open, high, low, close, volume } = JSON.parse(line);
        return [time, open, high, low, close, volume].join();
      });
    writeFileSync(join(files, 'chart.csv'), ['time,open,high,low,close,Volume', ...lines].join('\n'));
  }

  it('do what the README says, in their order', async () => {
    const [stream, status, backfill, dryRun, audit, repair, corrections, query, freqtrade, compare, replay] =
      RUN;
    const [, , , , , , , , , , , alignment, bucket, spot] = RUN;
    const done = { code: 0, stderr: '' };
    const says = (text: string) => ({ ...done, stdout: expect.stringContaining(text) });
    expect(await run(stream!, ['--until', SETTLED])).toMatchObject(says('candles streamed; the lake is in'));
    expect(await run(status!)).toMatchObject(says('ETH-USDT'));
    expect(await run(backfill!)).toMatchObject(says('to 2026-11-20T00:00Z: settled'));
    expect(await run(dryRun!)).toMatchObject(says('would import 19 candles (19 new'));
    // 19 days of 480 slots, and 470 of the last one.
    expect(await run(audit!, ['--to', SETTLED])).toMatchObject(says('9,590  9,590'));
    expect(await run(repair!)).toMatchObject(says('plan: '));
    expect(await run(corrections!)).toMatchObject(done);
    expect(await run(query!)).toMatchObject(says('DEATH_CROSS'));
    expect(await run(freqtrade!, ['--target', files])).toMatchObject({ code: 0 });
    expect(existsSync(join(files, 'futures', 'BTC_USDT_USDT-1h-futures.feather'))).toBe(true);
    await exportChart();
    expect(await run(compare!)).toMatchObject(says('equal'));
    const two = ['--from', '2026-11-20T00:00Z', '--to', '2026-11-20T00:06Z'];
    expect(await run(replay!, two)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"name":"candle"'),
    });
    expect(await run(alignment!)).toMatchObject(says('23:48'));
    expect(await run(bucket!)).toMatchObject(says('2026-11-20'));
    const { spotWsUrl } = simulation.exchange;
    expect(await run(spot!, ['--for', '2s'], spotWsUrl)).toMatchObject(says('(spot)'));
  });
});
