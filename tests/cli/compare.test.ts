import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from './inProcess.ts';
import { ROOT, temporaryFolder } from './program.ts';

const FIXTURE = join(ROOT, 'tests/fixtures/tradingview/kcex-eth-usdt-perp-23m.csv');
const MINUTE = 60_000;
const DAYS = 12;
/** The first days of the chart: 63 bars a day. `Volume MA` is dropped: the lake averages closes only. */
const [HEADER, ...CHART] = readFileSync(FIXTURE, 'utf8')
  .split('\n')
  .slice(0, 1 + DAYS * 63)
  .map((line) => {
    const values = line.split(',');
    return [...values.slice(0, 6), values[7]!].join();
  }) as [string, ...string[]];
const output = temporaryFolder();

/** Minutes that make up the bars: the first one has all of the bar's range and volume, the others are flat. */
function minutesOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const [time, open, high, low, close, volume] = line.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const openTime = Number(time) * 1_000;
    const midnight = (Math.floor(openTime / (1_440 * MINUTE)) + 1) * 1_440 * MINUTE;
    const count = Math.min(23, (midnight - openTime) / MINUTE);
    return Array.from({ length: count }, (_, minute) => {
      const values = minute === 0 ? [open, high, low, close, volume] : [close, close, close, close, '0'];
      return [openTime + minute * MINUTE, ...values].join();
    });
  });
}

beforeAll(async () => {
  const file = join(temporaryFolder(), 'minutes.csv');
  writeFileSync(file, ['open_time_ms,open,high,low,close,volume', ...minutesOf(CHART)].join('\n'));
  const words = ['--symbol', 'ETH-USDT', '--interval', '1m', '--timeframe', '23m', '--output', output];
  expect(await runInProcess(['import', file, ...words])).toMatchObject({ code: 0, stderr: '' });
});

function compare(lines: readonly string[], ...words: readonly string[]) {
  const file = join(temporaryFolder(), 'chart.csv');
  writeFileSync(file, lines.join('\n'));
  const place = ['--symbol', 'ETH-USDT', '--timeframe', '23m', '--output', output];
  return runInProcess(['compare', file, ...place, ...words]).then((result) => ({
    ...result,
    stdout: result.stdout.replaceAll(file, 'chart.csv'),
    stderr: result.stderr.replaceAll(file, 'chart.csv'),
  }));
}

/** The chart with the value of one column of a bar replaced. */
function changed(row: number, column: number, value: string): readonly string[] {
  return [
    HEADER,
    ...CHART.map((line, index) => (index === row ? line.split(',').with(column, value).join() : line)),
  ];
}

describe('candlelake compare', () => {
  it('finds a recorded chart equal: prices, volumes, ATR, and its restart at every midnight', async () => {
    const { code, stdout, stderr } = await compare([HEADER, ...CHART]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
    expect(lines).toEqual([
      'chart.csv beside ETH-USDT 23m: 756 bars in both',
      'first bar after midnight: opens at 00:00 UTC on 11 of 11 days',
      'value column compared differ greatest difference at',
      ...['open', 'high', 'low', 'close'].map((name) => `${name} ${name} 756 0`),
      'volume Volume 756 0',
      // The first 249 bars are left out: (13/14)^249 is the first power below 1e-8.
      'atr ATR 507 0',
      'equal within a tolerance of 1e-8',
      '',
    ]);
  });

  it('reads ISO times of another zone, semicolons, a byte order mark and Windows line ends', async () => {
    const lines = [HEADER, ...CHART].map((line, row) => {
      const [time, ...values] = line.split(',') as [string, ...string[]];
      const local =
        row === 0 ? time : `${new Date(Number(time) * 1_000 + 7_200_000).toISOString().slice(0, 19)}+02:00`;
      return `${[local, ...values].join(';')}\r`;
    });
    const { code, stdout } = await compare([`\uFEFF${lines[0]}`, ...lines.slice(1)]);
    expect(stdout).toContain('756 bars in both');
    expect(code).toBe(0);
  });

  it('names the bar, the line and both values of a difference', async () => {
    // 300 is a bar within the day: 4 × 63 + 48, on 2025-03-05 at 48 × 23 minutes.
    const close = CHART[300]!.split(',')[4];
    const { code, stdout } = await compare(changed(300, 4, '1.5'));
    expect(stdout).toContain(`2025-03-05T18:24Z: close of the chart 1.5 (line 302), of the lake ${close}\n`);
    expect(stdout).toMatch(/close +close +756 +1 +-\d/);
    expect(stdout).toContain('not equal within a tolerance of 1e-8\n');
    expect(code).toBe(1);
  });

  it('takes a difference within the tolerance as equal', async () => {
    const close = Number(CHART[300]!.split(',')[4]);
    const lines = changed(300, 4, String(close * 1.0005));
    expect((await compare(lines, '--tolerance', '1e-3')).code).toBe(0);
    expect((await compare(lines, '--tolerance', '1e-4')).code).toBe(1);
  });

  it('lists the bars that only one of them has, and those that are not on the grid', async () => {
    const lines = [HEADER, ...CHART.filter((_, row) => row !== 10)];
    const lake = await compare(lines);
    expect(lake.stdout).toContain('only in the lake: 1 bar: 2025-03-01T03:50Z\n');
    expect(lake.code).toBe(1);
    // A chart of a grid that goes on over midnight: all bars of the second day are 14 minutes late.
    const shifted = CHART.map((line, row) => {
      const [time, ...values] = line.split(',');
      return [Number(time) + (row >= 63 ? 9 * 60 : 0), ...values].join();
    });
    const { code, stdout } = await compare([HEADER, ...shifted]);
    expect(stdout).toContain('(line 65, not on the grid)');
    expect(stdout).toContain(
      'opens at 00:00 UTC on 0 of 11 days; on 2025-03-02 it opens at 2025-03-02T00:09Z\n',
    );
    expect(code).toBe(1);
  });

  it('leaves out a last bar that differs: it was open when the chart was exported', async () => {
    const { code, stdout } = await compare(changed(CHART.length - 1, 5, '0.001'));
    expect(stdout).toContain('the last bar of the chart differs and is left out: it may have been open\n');
    expect(code).toBe(0);
  });

  it('leaves out bars of the chart outside the time of the lake', async () => {
    const before = CHART.slice(0, 63).map((line) => {
      const [time, ...values] = line.split(',');
      return [Number(time) - 86_400, ...values].join();
    });
    const { code, stdout } = await compare([HEADER, ...before, ...CHART]);
    expect(stdout).toContain("756 bars in both; 63 of the chart are outside the lake's time\n");
    expect(code).toBe(0);
  });

  it('compares the first two averages of the chart with those of the lake', async () => {
    const closes = CHART.map((line) => Number(line.split(',')[4]));
    const mean = (row: number, count: number) =>
      row < count - 1
        ? ''
        : closes.slice(row - count + 1, row + 1).reduce((sum, one) => sum + one, 0) / count;
    const lines = CHART.map((line, row) => [line, mean(row, 3), mean(row, 7)].join());
    const { code, stdout } = await compare([`${HEADER},MA,MA #2`, ...lines]);
    expect(stdout).toMatch(/ma_short +MA +754 +0\n.*ma_long +MA #2 +750 +0\n/);
    expect(code).toBe(0);
  });

  const WRONG: readonly [what: string, lines: readonly string[], words: readonly string[], line: string][] = [
    [
      'no header',
      CHART,
      [],
      '"chart.csv" line 1: column "time" is missing, expected a chart that TradingView exported',
    ],
    ['a wrong number', changed(4, 3, 'x'), [], '"chart.csv" line 6: low "x", expected a number'],
    ['a wrong time', changed(4, 0, 'soon'), [], '"chart.csv" line 6: time "soon", expected epoch s'],
    [
      'a short row',
      [HEADER, CHART[0]!, '1,2'],
      [],
      '"chart.csv" line 3: 2 values, expected the 7 of the header: time,open,high,low,close,Volume,ATR',
    ],
    [
      'rows out of order',
      [HEADER, CHART[1]!, CHART[0]!],
      [],
      '"chart.csv" line 3: its time is not after that of line 2',
    ],
    ['no rows', [HEADER], [], '"chart.csv": has no bars, expected at least one row'],
    [
      'another timeframe',
      [HEADER, ...CHART],
      ['--timeframe', '21m'],
      '--timeframe "21m": not in the lake, expected one of 1m, 23m',
    ],
    [
      'a wrong tolerance',
      [HEADER, ...CHART],
      ['--tolerance', '2'],
      '--tolerance "2": expected a fraction from 0 to below 1, such as 1e-8',
    ],
  ];
  it.each(WRONG)('ends with 2 and one line for %s', async (_, lines, words, line) => {
    expect(await compare(lines, ...words)).toEqual({ code: 2, stdout: '', stderr: `error: ${line}\n` });
  });
});
