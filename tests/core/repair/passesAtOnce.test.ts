import {
  createMemoryStore,
  createPassCalls,
  type HistoryRequest,
  type RepairScope,
  type RepairScopesOptions,
  RetryableError,
  repairScopes,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const NOON = Date.UTC(2026, 10, 22, 12);
const SYMBOLS = ['A-USDT', 'B-USDT', 'C-USDT', 'D-USDT', 'E-USDT'];

/** A history whose answers take a second, and of which `pace.concurrency` reads are worth having under way. */
function world() {
  const clock = createManualClock(NOON + 30 * SECOND);
  const store = createMemoryStore({ now: clock.now });
  const fake = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  const pace = { concurrency: 3 };
  const reads: { readonly symbol: string; readonly at: number }[] = [];
  let underWay = 0;
  let most = 0;
  let fail: (request: HistoryRequest) => void = () => {};
  const history = {
    ...fake,
    concurrency: () => pace.concurrency,
    async read(request: HistoryRequest, signal: AbortSignal) {
      reads.push({ symbol: request.series.symbol, at: (clock.now() - NOON) / SECOND - 30 });
      most = Math.max(most, ++underWay);
      try {
        await clock.sleep(SECOND, signal);
        fail(request);
        return await fake.read(request, signal);
      } finally {
        underWay -= 1;
      }
    },
  };
  const stop = new AbortController();
  const start = (options: Partial<RepairScopesOptions> = {}) => {
    const ports = {
      ...{ history, clock, exchangeClock: clock, candles: store, derivation: store },
      ...{ random: () => 0.5, yieldToHost: async () => {}, report: () => {} },
    };
    const scopes = SYMBOLS.map((symbol) => scopeOf(symbol));
    const running = repairScopes(ports, { scopes, goal: 'passed', ...options }, stop.signal);
    running.catch(() => {});
    return running;
  };
  const failWith = (next: typeof fail) => {
    fail = next;
  };
  return { clock, pace, reads, stop, start, failWith, underWay: () => underWay, most: () => most };
}

function scopeOf(symbol: string, parts: Partial<RepairScope> = {}): RepairScope {
  const series = swapSeries(symbol, '3m');
  return { series, from: NOON - HOUR, to: NOON, fillGaps: true, priority: 'background', ...parts };
}

describe('passes of several scopes', () => {
  test('run at once, as many as the pace of history makes use of', async () => {
    const { start, clock, reads, most } = world();
    const running = start();
    await clock.advance(3 * SECOND);
    await running;
    expect(reads).toEqual([
      ...['A-USDT', 'B-USDT', 'C-USDT'].map((symbol) => ({ symbol, at: 0 })),
      ...['D-USDT', 'E-USDT'].map((symbol) => ({ symbol, at: 1 })),
    ]);
    expect(most()).toBe(3);
  });

  test('run one after the other while the pace allows no more', async () => {
    const { start, clock, pace, most, reads } = world();
    pace.concurrency = 1;
    const running = start();
    await clock.advance(6 * SECOND);
    await running;
    expect(most()).toBe(1);
    expect(reads.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4]);
  });

  test('become more within five seconds when the pace rises during a long one', async () => {
    const { start, clock, pace, reads } = world();
    pace.concurrency = 1;
    const years = { from: NOON - 24 * 365 * HOUR };
    void start({ scopes: [scopeOf('A-USDT', years), scopeOf('B-USDT'), scopeOf('C-USDT')] });
    await clock.advance(SECOND);
    pace.concurrency = 3;
    await clock.advance(5 * SECOND);
    expect(new Set(reads.map(({ symbol }) => symbol))).toEqual(new Set(['A-USDT', 'B-USDT', 'C-USDT']));
  });

  test('meet one failure of the exchange together: it is told once, and no other pass starts until it answers', async () => {
    const { start, clock, failWith, reads } = world();
    const failures: string[] = [];
    let isDown = true;
    failWith(() => {
      if (isDown) throw new RetryableError('no answer');
    });
    const running = start({ onFailure: ({ message }) => void failures.push(message) });
    await clock.advance(20 * SECOND);
    const tries = Math.max(...SYMBOLS.map((one) => reads.filter(({ symbol }) => symbol === one).length));
    expect(failures).toHaveLength(tries);
    expect(new Set(reads.map(({ symbol }) => symbol))).toEqual(new Set(['A-USDT', 'B-USDT', 'C-USDT']));
    isDown = false;
    await clock.advance(60 * SECOND);
    await running;
    expect(new Set(reads.map(({ symbol }) => symbol))).toEqual(new Set(SYMBOLS));
  });

  test('end before the loop does when the store fails one of them, and when the signal aborts', async () => {
    const { start, clock, failWith, underWay } = world();
    failWith(({ series }) => {
      if (series.symbol === 'B-USDT') throw new Error('disk full');
    });
    const failed = start();
    await clock.advance(SECOND);
    await expect(failed).rejects.toThrow('disk full');
    expect([underWay(), clock.sleeping()]).toEqual([0, 0]);
    const stopped = world();
    const running = stopped.start();
    await stopped.clock.advance(SECOND / 2);
    stopped.stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    expect([stopped.underWay(), stopped.clock.sleeping()]).toEqual([0, 0]);
  });

  test('lose no call that comes for a scope during its pass', async () => {
    const { start, clock, reads } = world();
    const calls = createPassCalls(clock);
    const passed: string[] = [];
    const [symbol] = SYMBOLS as [string];
    void start({
      ...{ goal: 'kept settled', calls, scopes: [scopeOf(symbol), scopeOf('B-USDT')] },
      onPass: ({ scope }) => passed.push(scope.series.symbol),
    });
    await clock.advance(SECOND / 2);
    calls.call(symbol);
    await clock.advance(2 * SECOND);
    expect(passed.filter((one) => one === symbol)).toHaveLength(2);
    expect(passed.filter((one) => one === 'B-USDT')).toHaveLength(1);
    expect(reads.length).toBe(2);
  });
});
