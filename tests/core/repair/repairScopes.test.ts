import {
  BadDataError,
  createMemoryStore,
  createPassCalls,
  type EpochMs,
  type HistoryRequest,
  type RepairScope,
  type RepairScopesOptions,
  type ReportedEvent,
  RetryableError,
  repairScopes,
  type ScopeSchedule,
  SymbolRefusedError,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const NOON = Date.UTC(2026, 10, 22, 12);

function world(start: EpochMs = NOON + MINUTE) {
  const clock = createManualClock(start);
  /** How far the exchange's clock is ahead of the machine's. */
  const offset = { ms: 0 };
  const store = createMemoryStore({ now: clock.now });
  const history = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  const events: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void events.push(event);
  const ports = {
    ...{
      history,
      clock,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: { now: () => clock.now() + offset.ms },
    },
    ...{ candles: store, derivation: store, report },
  };
  const asked: { readonly symbol: string; readonly at: EpochMs }[] = [];
  let answer: (request: HistoryRequest) => void = () => {};
  const { read } = history;
  history.read = async (request, signal) => {
    asked.push({ symbol: request.series.symbol, at: clock.now() });
    answer(request);
    return read(request, signal);
  };
  const stop = new AbortController();
  const begin = (options: Pick<RepairScopesOptions, 'scopes' | 'goal'> & Partial<RepairScopesOptions>) => {
    const running = repairScopes(ports, options, stop.signal);
    running.catch(() => {});
    return running;
  };
  const failWith = (fail: (request: HistoryRequest) => void) => {
    answer = fail;
  };
  return { clock, offset, store, history, events, asked, stop, start: begin, failWith };
}

function scope(symbol: string, parts: Partial<RepairScope> = {}): RepairScope {
  const series = swapSeries(symbol, '3m');
  return { series, from: NOON - HOUR, to: NOON, fillGaps: true, priority: 'background', ...parts };
}

const live = (symbol: string) =>
  scope(symbol, { from: NOON, to: Number.POSITIVE_INFINITY, priority: 'live' });
const refusal = (message: string) => new SymbolRefusedError(message, { code: 109415, certain: true });

describe('repairScopes', () => {
  it('gives each scope one pass, in order, and resolves with what is left', async () => {
    const { start, asked } = world();
    const hole = scope('ETH-USDT', { fillGaps: false });
    const schedules = await start({ scopes: [scope('BTC-USDT'), hole, scope('SOL-USDT')], goal: 'passed' });
    expect(asked.map(({ symbol }) => symbol)).toEqual(['BTC-USDT', 'SOL-USDT']);
    expect(schedules.map(({ needs }) => needs?.missing.length)).toEqual([0, 20, 0]);
  });

  it('ends once every slot that closes in its scopes is settled', async () => {
    const { start, clock } = world(NOON + 20 * SECOND);
    const open = scope('BTC-USDT', { from: NOON - HOUR, to: NOON + 2 * SLOT });
    let schedules: readonly { readonly needs: unknown }[] | null = null;
    void start({ scopes: [open, scope('ETH-USDT')], goal: 'settled' }).then((ended) => {
      schedules = ended;
    });
    await clock.advance(2 * SLOT - 20 * SECOND + 7 * SECOND);
    expect(schedules).toBeNull();
    await clock.advance(2 * SECOND);
    expect(schedules).toMatchObject([{ needs: { missing: [] } }, { needs: { missing: [] } }]);
  });

  it('looks at a live scope eight seconds after each close, and at a settled one every five minutes', async () => {
    const { start, clock, asked, store, stop } = world(NOON + 20 * SECOND);
    const looks: EpochMs[] = [];
    const { readDay } = store;
    store.readDay = (series, day) => {
      if (series.symbol === 'ETH-USDT') looks.push(clock.now());
      return readDay(series, day);
    };
    const running = start({ scopes: [live('BTC-USDT'), scope('ETH-USDT')], goal: 'kept settled' });
    await clock.advance(3 * SLOT + 10 * SECOND);
    const closes = asked.filter(({ symbol }) => symbol === 'BTC-USDT').map(({ at }) => at - NOON);
    expect(closes).toEqual([1, 2, 3].map((slot) => slot * SLOT + 8 * SECOND));
    expect(looks.map((at) => at - NOON)).toEqual([20 * SECOND, 5 * MINUTE + 20 * SECOND]);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });

  it('asks ever less often for a slot that history could not settle: twice an hour in the end', async () => {
    const { start, clock, asked, history, stop } = world();
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < NOON - SLOT);
    start({ scopes: [scope('BTC-USDT')], goal: 'kept settled' });
    await clock.advance(100 * MINUTE);
    // 15 s, 30 s, then 1, 2, 5, 10 and 30 minutes after the one before.
    const seconds = [60, 75, 105, 165, 285, 585, 1185, 2985, 4785];
    expect(asked.map(({ at }) => (at - NOON) / SECOND)).toEqual(seconds);
    stop.abort();
  });

  it('asks for new slots of a live scope at once, and not each time for one that is stuck far from them', async () => {
    const { start, clock, asked, history, stop } = world(NOON + 20 * SECOND);
    const stuck = NOON - 100 * HOUR;
    // Answers about the first slots end before them: they are neither shown nor shown to be empty.
    history.tamper = ({ to }, rows) =>
      to < stuck + 50 * SLOT ? rows.filter(({ openTime }) => openTime < stuck) : rows;
    start({ scopes: [{ ...live('BTC-USDT'), from: stuck }], goal: 'kept settled' });
    await clock.advance(HOUR);
    asked.length = 0;
    await clock.advance(5 * HOUR);
    // One for each close, and twice an hour three for the stuck slots: the second looks at all that lies before
    // the next candle of the store, the third searches history for another one.
    expect(asked.length).toBe((5 * HOUR) / SLOT + 10 * 3);
    stop.abort();
  });

  it('does not send a plan again that changed nothing: a delisted symbol costs two requests a pass', async () => {
    const { start, asked, history } = world();
    // The last candle is three days old; history still answers.
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < NOON - 72 * HOUR);
    const delisted = scope('BTC-USDT', { from: NOON - 48 * HOUR, to: NOON - 26 * HOUR });
    await start({ scopes: [delisted], goal: 'passed' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['a paused contract', refusal('is pause currently')],
    ['a request that can never work', new BadDataError('invalid parameter')],
  ])('pauses a refused symbol ever longer and goes on with the others: %s', async (_why, error) => {
    const { start, clock, asked, failWith, events, stop } = world(NOON + 20 * SECOND);
    failWith(({ series }) => {
      if (series.symbol === 'BTC-USDT') throw error;
    });
    const refusals: number[] = [];
    start({
      scopes: [live('BTC-USDT'), live('ETH-USDT')],
      goal: 'kept settled',
      onPass: ({ refusals: count }) => refusals.push(count),
    });
    await clock.advance(2 * HOUR);
    const of = (wanted: string) => asked.filter(({ symbol }) => symbol === wanted).map(({ at }) => at);
    expect(of('ETH-USDT')).toHaveLength((2 * HOUR) / SLOT);
    const times = of('BTC-USDT');
    // With even chance: half of the way from one minute to 2, 4, 8, 16 and 32 minutes, then to an hour.
    const pauses = times.slice(1).map((at, index) => (at - times[index]!) / MINUTE);
    expect(pauses.slice(0, 6)).toEqual([1.5, 2.5, 4.5, 8.5, 16.5, 30.5]);
    expect(Math.max(...refusals)).toBe(times.length);
    // One line, however often the symbol is refused, and one when that is over.
    const fields = { symbol: 'BTC-USDT' };
    const refused = { level: 'error', kind: 'refused', message: `BTC-USDT: ${error.message}`, fields };
    expect(events).toEqual([refused]);
    failWith(() => {});
    await clock.advance(HOUR);
    expect(refusals.at(-1)).toBe(0);
    const resumed = { level: 'info', kind: 'resumed', message: 'BTC-USDT: history answers again', fields };
    expect(events).toEqual([refused, resumed]);
    stop.abort();
  });

  it('takes refusals for an unknown reason as those of the exchange when two symbols get one in a row', async () => {
    const { start, clock, asked, failWith, events, stop } = world();
    let isRefusing = true;
    failWith(() => {
      if (isRefusing) throw new SymbolRefusedError('code 80777', { code: 80777, certain: false });
    });
    const told: string[] = [];
    const scopes = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT'].map((symbol) => scope(symbol));
    const onFailure = ({ message }: Error) => told.push(message);
    const passed: string[] = [];
    const onPass = ({ scope: { series }, needs }: ScopeSchedule) => needs && passed.push(series.symbol);
    start({ scopes, goal: 'kept settled', onFailure, onPass });
    await clock.advance(HOUR);
    // The first one is refused and paused; the second one is tried again, at most a minute apart.
    expect(events.filter(({ kind }) => kind === 'refused')).toHaveLength(1);
    expect(new Set(asked.slice(1).map(({ symbol }) => symbol))).toEqual(new Set(['ETH-USDT']));
    expect(told.length).toBe(asked.length - 1);
    isRefusing = false;
    await clock.advance(2 * MINUTE);
    expect(passed.slice(0, 3)).toEqual(['ETH-USDT', 'SOL-USDT', 'BTC-USDT']);
    stop.abort();
  });

  it('pauses a symbol that is refused for an unknown reason for five minutes at most', async () => {
    const { start, clock, asked, failWith, stop } = world();
    failWith(() => {
      throw new SymbolRefusedError('code 80777', { code: 80777, certain: false });
    });
    start({ scopes: [scope('BTC-USDT')], goal: 'kept settled' });
    await clock.advance(HOUR);
    const pauses = asked.slice(1).map(({ at }, index) => (at - asked[index]!.at) / SECOND);
    // With even chance: half of the way from 15 s to 30 s, 1, 2, 4 and then 5 minutes.
    expect(pauses.slice(0, 6)).toEqual([22.5, 37.5, 67.5, 127.5, 157.5, 157.5]);
    stop.abort();
  });

  it('ends with a scope after as many refusals as it is told, or after one when one pass is the goal', async () => {
    for (const [options, expected] of [
      [{ goal: 'settled', refusalTries: 3 }, 3],
      [{ goal: 'passed' }, 1],
    ] as const) {
      const { start, clock, asked, failWith } = world();
      failWith(({ series }) => {
        if (series.symbol === 'BTC-USDT') throw refusal('is pause currently');
      });
      const ended = start({ scopes: [scope('BTC-USDT'), scope('ETH-USDT')], ...options });
      await clock.advance(10 * MINUTE);
      const [refused, filled] = await ended;
      expect(refused).toMatchObject({ refusals: expected, needs: null });
      expect(filled).toMatchObject({ refusals: 0, needs: { missing: [] } });
      expect(asked.filter(({ symbol }) => symbol === 'BTC-USDT')).toHaveLength(expected);
    }
  });

  it('holds up every scope while the exchange fails, and tries the same pass again', async () => {
    const { start, clock, asked, failWith } = world();
    let failures = 2;
    failWith(() => {
      if (failures-- > 0) throw new RetryableError('HTTP 500');
    });
    const told: string[] = [];
    const ended = start({
      ...{ scopes: [scope('BTC-USDT'), scope('ETH-USDT')], goal: 'passed' },
      onFailure: ({ message }) => told.push(message),
    });
    await clock.advance(10 * SECOND);
    await ended;
    expect(asked.map(({ symbol }) => symbol)).toEqual(['BTC-USDT', 'BTC-USDT', 'BTC-USDT', 'ETH-USDT']);
    expect(told).toEqual(['HTTP 500', 'HTTP 500']);
  });

  it('throws after as many failures in a row as it is told; an answer begins the count anew', async () => {
    const { start, clock, asked, failWith } = world();
    // Ten days are five requests: every other one fails.
    const long = scope('BTC-USDT', { from: NOON - 10 * 24 * HOUR });
    failWith(() => {
      if (asked.length % 2 === 0) throw new RetryableError(`no answer ${asked.length}`);
    });
    const ended = start({ scopes: [long], goal: 'passed', tries: 2 });
    await clock.advance(10 * MINUTE);
    expect((await ended)[0]).toMatchObject({ needs: { missing: [] } });
    failWith(() => {
      throw new RetryableError('down');
    });
    const again = start({ scopes: [scope('ETH-USDT')], goal: 'settled', tries: 2 });
    await clock.advance(10 * MINUTE);
    await expect(again).rejects.toThrow('down');
  });

  it('makes all scopes due when it is woken, except those of refused symbols', async () => {
    const { start, clock, store, failWith, asked, stop } = world(NOON + 20 * SECOND);
    failWith(({ series }) => {
      if (series.symbol === 'SOL-USDT') throw refusal('is pause currently');
    });
    const looks = new Set<string>();
    const { findSeries } = store;
    store.findSeries = (series) => {
      looks.add(series.symbol);
      return findSeries(series);
    };
    const calls = createPassCalls(clock);
    start({ scopes: [live('BTC-USDT'), live('ETH-USDT'), scope('SOL-USDT')], goal: 'kept settled', calls });
    await clock.advance(SECOND);
    expect(asked.map(({ symbol }) => symbol)).toEqual(['SOL-USDT']);
    looks.clear();
    calls.callAll();
    await clock.settle();
    expect([...looks]).toEqual(['BTC-USDT', 'ETH-USDT']);
    stop.abort();
  });

  it('does not wait for a clock that was set back to catch up', async () => {
    const { start, clock, offset, asked, stop } = world(NOON + 20 * SECOND);
    offset.ms = 8 * HOUR;
    const ahead = scope('BTC-USDT', { from: NOON + 8 * HOUR, to: Number.POSITIVE_INFINITY });
    start({ scopes: [ahead, live('ETH-USDT')], goal: 'kept settled' });
    await clock.advance(SLOT);
    const before = asked.length;
    offset.ms = 0;
    await clock.advance(2 * SLOT);
    expect(asked.slice(before).map(({ symbol }) => symbol)).toContain('ETH-USDT');
    stop.abort();
  });

  it('tells when no pass is due, with what each scope lacks', async () => {
    const { start, clock, history, stop } = world();
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < NOON - SLOT);
    const idle: (number | undefined)[][] = [];
    start({
      ...{ scopes: [scope('BTC-USDT'), scope('ETH-USDT')], goal: 'kept settled' },
      onIdle: (schedules) => idle.push(schedules.map(({ needs }) => needs?.missing.length)),
    });
    await clock.advance(SECOND);
    expect(idle).toEqual([[1, 1]]);
    stop.abort();
  });

  it('passes on what the store throws', async () => {
    const { start, store } = world();
    store.merge = async () => {
      throw new Error('the disk is full');
    };
    await expect(start({ scopes: [scope('BTC-USDT')], goal: 'kept settled' })).rejects.toThrow(
      'disk is full',
    );
  });
});
