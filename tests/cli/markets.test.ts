import { join } from 'node:path';
import { candleAt, createSyntheticInstrument } from '@candlelake/exchange-sim';
import { afterEach, describe, expect, it } from 'vitest';
import { freqtradePath } from '../../packages/cli/src/export/freqtrade.ts';
import { runInProcess } from './inProcess.ts';
import { ROOT, runProgram, startProgram, temporaryFolder } from './program.ts';
import { type Simulation, SPOT_SEED, simulate, urlOf } from './simulation.ts';

const FILE = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
const DAY = Date.UTC(2026, 10, 22);
const HOUR = 3_600_000;
const SLOT = 180_000;
const SYMBOL = ['--symbol', 'BTC-USDT'] as const;

let simulation: Simulation | null = null;
afterEach(async () => {
  await simulation?.exchange.close();
  simulation = null;
});

/** The rows of the hour as the market of the stand-in has them. */
function truth(seed: number): readonly (readonly number[])[] {
  const instrument = createSyntheticInstrument({ symbol: 'BTC-USDT', seed });
  return Array.from({ length: HOUR / SLOT }, (_, slot) => {
    const { open, high, low, close, volume } = candleAt(instrument, SLOT, DAY + slot * SLOT)!;
    return [DAY + slot * SLOT, ...[open, high, low, close, volume].map(Number)];
  });
}

async function exported(output: string, ...flags: readonly string[]) {
  const words = ['export', ...SYMBOL, '--format', 'ndjson', '--output', output, ...flags];
  const { stdout, stderr } = await runInProcess(words);
  expect(stderr).toContain('exported 20 candles');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ time, open, high, low, close, volume }) => [Date.parse(time), open, high, low, close, volume]);
}

describe('both markets in one folder', () => {
  it('each command has the candles of its own', async () => {
    simulation = await simulate({ from: DAY + 3 * HOUR, speed: 20, spotSymbols: ['BTC-USDT'] });
    const { output, flags, variables } = simulation;
    const common = flags.filter((_, index) => flags[index] !== '--ws-url' && flags[index - 1] !== '--ws-url');
    const window = ['--from', '2026-11-22', '--to', '2026-11-22T01:00Z', ...common];
    const [swap, spot] = await Promise.all(
      ['swap', 'spot'].map((market) => runProgram(['backfill', ...window, '--market', market], variables)),
    );
    expect([swap!.stderr, swap!.code, spot!.stderr, spot!.code]).toEqual(['', 0, '', 0]);
    expect(spot!.stdout).toContain('BTC-USDT (spot) 3m from 2026-11-22T00:00Z to 2026-11-22T01:00Z: settled');

    expect(await exported(output)).toEqual(truth(1));
    expect(await exported(output, '--market', 'spot')).toEqual(truth(SPOT_SEED));
    const status = (await runInProcess(['status', '--output', output])).stdout;
    expect(status).toContain('it also has candles of spot: --market spot shows them');
    for (const market of ['swap', 'spot']) {
      const audit = await runInProcess(['audit', '--output', output, '--json', '--market', market]);
      expect(JSON.parse(audit.stdout)).toMatchObject({
        verdict: 'whole',
        symbols: [{ final: 20, missing: 0 }],
      });
    }
    const sql = 'SELECT market, count(*) AS candles FROM candles GROUP BY market ORDER BY market';
    const query = await runInProcess(['query', sql, '--format', 'csv', '--output', output]);
    expect(query.stdout).toBe('market,candles\nspot,20\nswap,20\n');
  });

  it('a stream of spot keeps spot, and its API shows nothing of the other market', async () => {
    simulation = await simulate({ from: DAY + HOUR, symbols: ['ETH-USDT'], spotSymbols: ['BTC-USDT'] });
    const { exchange, output, flags, variables } = simulation;
    const imported = await runInProcess(['import', FILE, ...SYMBOL, '--output', output], variables);
    expect(imported.code).toBe(0);
    const words = ['stream', '--history-days', '0', ...flags.slice(0, -1), exchange.spotWsUrl];
    const program = startProgram(words, { ...variables, CANDLELAKE_MARKET: 'spot' });
    const url = await urlOf(program);
    await program.line(/ {2}BTC-USDT \(spot\): candles of 3m/);
    const firstOf = async () => {
      const answer = await fetch(`${url}/api/symbols`);
      const { symbols = [] } = (await answer.json()) as { symbols?: readonly Record<string, unknown>[] };
      return { symbols, first: symbols[0]?.first ?? null };
    };
    // The imported candles of the contract are of 2025.
    let found = await firstOf();
    while (found.first === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      found = await firstOf();
    }
    expect(found.symbols).toMatchObject([{ symbol: 'BTC-USDT', market: 'spot', state: 'live' }]);
    expect(found.first).toBeGreaterThanOrEqual(DAY);
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });
});

describe('the default of --market', () => {
  it('is the only market of a store; one that the store does not have is refused', async () => {
    const output = join(temporaryFolder(), 'lake');
    const into = [...SYMBOL, '--output', output];
    expect((await runInProcess(['import', FILE, ...into, '--market', 'spot'])).code).toBe(0);
    // Known as spot, so a second import of the same file changes nothing.
    expect((await runInProcess(['import', FILE, ...into])).stdout).toContain(
      'BTC-USDT (spot) 3m: imported 312 candles (0 new)',
    );
    const status = await runInProcess(['status', '--output', output, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ market: 'spot', symbols: [{ symbol: 'BTC-USDT' }] });
    for (const reader of [['status'], ['export', ...SYMBOL], ['compare', FILE, ...SYMBOL]]) {
      const other = await runInProcess([...reader, '--output', output, '--market', 'swap']);
      expect(other, reader[0]).toMatchObject({ code: 2, stdout: '' });
      expect(other.stderr).toBe('error: --market "swap": not in the store, expected spot\n');
    }
    const wrong = await runInProcess(['export', ...into, '--market', 'futures']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--market "futures": expected swap or spot');
  });
});

// `_pair_data_filename` of freqtrade 2026.9: a folder and an ending for every candle type but spot.
it('freqtrade gets the files of both markets under its own names', () => {
  expect(freqtradePath('swap', 'BTC-USDT', 60)).toBe(join('futures', 'BTC_USDT_USDT-1h-futures.feather'));
  expect(freqtradePath('spot', 'BTC-USDT', 60)).toBe('BTC_USDT-1h.feather');
});
