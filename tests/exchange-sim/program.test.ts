import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const PROGRAM = new URL('../../packages/exchange-sim/bin/candlelake-exchange.mjs', import.meta.url).pathname;
const FILE = new URL('../fixtures/bingx/btc-usdt-3m-closed.csv', import.meta.url).pathname;

let child: ChildProcess | null = null;
afterEach(() => child?.kill('SIGKILL'));

function run(flags: readonly string[], env: Record<string, string> = {}): ChildProcess {
  child = spawn(process.execPath, [PROGRAM, ...flags], { env: { ...process.env, ...env } });
  return child;
}

async function firstLine(program: ChildProcess): Promise<string> {
  const [line] = await once(createInterface({ input: program.stdout! }), 'line');
  return line;
}

async function outcome(program: ChildProcess): Promise<{ code: number; errors: string }> {
  let errors = '';
  program.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(program, 'close');
  return { code, errors };
}

describe('candlelake-exchange', () => {
  it('prints its addresses in one line and serves on a free port of 127.0.0.1', async () => {
    const line = await firstLine(run([]));
    const [, rest, ws, spot] =
      /^exchange-sim: (http:\/\/127\.0\.0\.1:\d+) (ws:\/\/127\.0\.0\.1:\d+\/swap-market) (ws:\/\/\S+)$/.exec(
        line,
      )!;
    expect(new URL(ws!).port).toBe(new URL(rest!).port);
    expect(spot).toBe(ws!.replace('swap-market', 'market'));
    expect((await fetch(`${rest}/openApi/swap/v2/server/time`)).status).toBe(200);
  });

  it('prints them as JSON when asked, lists the recorded contracts, and limits requests', async () => {
    const flags = ['--json', '--listing', '--rate-limit', '20', '--rate-window', '60'];
    const { restUrl, wsUrl } = JSON.parse(await firstLine(run(flags)));
    expect(wsUrl).toBe(`${restUrl.replace('http', 'ws')}/swap-market`);
    const answer = await fetch(`${restUrl}/openApi/swap/v2/quote/contracts`);
    expect(answer.headers.get('x-ratelimit-requests-remain')).toBe('19');
    expect(answer.headers.get('x-ratelimit-requests-expire')).toBe('60000');
    expect(((await answer.json()) as { data: unknown[] }).data).toHaveLength(1269);
  });

  it('limits requests without announcing it when asked', async () => {
    const { restUrl } = JSON.parse(
      await firstLine(run(['--json', '--rate-limit', '1', '--no-rate-headers'])),
    );
    const ask = () => fetch(`${restUrl}/openApi/swap/v2/server/time`);
    expect((await ask()).headers.get('x-ratelimit-requests-remain')).toBeNull();
    expect(await (await ask()).json()).toMatchObject({ code: 100410 });
  });

  it('serves a recording, and goes by CANDLELAKE_CLOCK', async () => {
    const simulated = Date.UTC(2025, 7, 2, 23, 57, 30);
    const clock = { CANDLELAKE_CLOCK: `${Date.now()}:${simulated}:0.001` };
    const flags = ['--json', '--candles', FILE, '--symbol', 'REC-USDT,ETH-USDT'];
    const { restUrl } = JSON.parse(await firstLine(run(flags, clock)));
    const url = `${restUrl}/openApi/swap/v3/quote/klines?interval=3m&limit=2&symbol=`;
    const recorded = (await (await fetch(`${url}REC-USDT`)).json()) as {
      data: { time: number; close: string }[];
    };
    expect(recorded.data.map(({ time }) => time)).toEqual([
      Date.UTC(2025, 7, 2, 23, 57),
      Date.UTC(2025, 7, 2, 23, 54),
    ]);
    const drawn = (await (await fetch(`${url}ETH-USDT`)).json()) as { data: unknown[] };
    expect(drawn.data).toHaveLength(2);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 on %s', async (signal) => {
    const program = run(['--symbols', '3', '--control', '--faults', '{"rest":"hang"}', '--json']);
    const { restUrl } = JSON.parse(await firstLine(program));
    const hanging = fetch(`${restUrl}/openApi/swap/v2/server/time`).catch(() => null);
    const control = async () =>
      (await (await fetch(`${restUrl}/control`)).json()) as { stats: { requests: number } };
    while ((await control()).stats.requests === 0);
    program.kill(signal);
    expect((await outcome(program)).code).toBe(0);
    await hanging;
  });

  it.each([
    [['--prot', '1'], "unknown option '--prot'"],
    [['--port', 'x'], "'x' is invalid"],
    [['--symbol', 'btc'], '"btc" is no symbol'],
    [['--quiet-share', '2'], "'2' is invalid"],
    [['--quiet-rows', 'loud'], "'loud' is invalid"],
    [['--updates-per-second', '0'], "'0' is invalid"],
    [['--rate-window', '0'], '--rate-window "0": expected'],
    [['--rate-window', '1.5'], "'1.5' is invalid"],
    [['--faults', '{"rest":"slow"}'], 'expected one of ok, hang'],
    [['--candles', '/does/not/exist.csv'], '/does/not/exist.csv'],
    [['--candles', FILE, '--candles', FILE], 'more --candles than symbols'],
    [['extra'], 'too many arguments'],
  ])('refuses %j with one line and exit code 2', async (flags, message) => {
    const { code, errors } = await outcome(run(flags));
    expect(errors).toContain(message);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it('refuses a clock that it cannot read', async () => {
    const { code, errors } = await outcome(run([], { CANDLELAKE_CLOCK: 'noon' }));
    expect(errors).toContain('CANDLELAKE_CLOCK "noon" is not');
    expect(code).toBe(2);
  });

  it('refuses a port that is taken', async () => {
    const { restUrl } = JSON.parse(await firstLine(run(['--json'])));
    const first = child!;
    const { port } = new URL(restUrl);
    const { code, errors } = await outcome(run(['--port', port]));
    first.kill();
    expect(errors).toBe(`error: --port "${port}": in use on 127.0.0.1, expected a free one; 0 picks one\n`);
    expect(code).toBe(2);
  });
});
