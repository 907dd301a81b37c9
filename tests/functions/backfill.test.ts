import { BadDataError, RetryableError, SymbolRefusedError } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import {
  type BackfillRange,
  parseBackfillRange,
  scopeOf,
} from '../../packages/functions/src/jobs/backfillRange.ts';
import { planBackfill } from '../../packages/functions/src/jobs/planBackfill.ts';
import { workBackfill } from '../../packages/functions/src/jobs/workBackfill.ts';
import { FifoQueue } from './fifoQueue.ts';
import { BTC, createJob, DAY, HOUR, MINUTE, openTimes, SLOT, slotsOf, TODAY } from './jobFixture.ts';

const { signal } = new AbortController();
const NOW = TODAY + 12 * HOUR;
const OPTIONS = {
  symbols: ['BTC-USDT'],
  interval: '3m',
  from: null,
  to: null,
  historyDays: 3,
  onlyIfIdle: false,
} as const;

async function createPlanner(parts: Partial<Parameters<typeof createJob>[0]> = {}) {
  const job = await createJob({ now: NOW, ...parts });
  return { ...job, queue: new FifoQueue(job.clock.now) };
}

type Planner = Awaited<ReturnType<typeof createPlanner>>;

/** Works until the queue is empty or hidden; returns the ranges in the order of their work. */
async function drain(job: Planner): Promise<readonly BackfillRange[]> {
  const ranges: BackfillRange[] = [];
  for (;;) {
    const message = await job.queue.deliver((messages) => workBackfill(job, messages, signal));
    if (message === null) return ranges;
    ranges.push(JSON.parse(message.body));
  }
}

/** Commits these days as a derivation that found every slot final. */
async function settle({ store }: Planner, days: readonly number[]): Promise<void> {
  const counts = { expected: 480, final: 480, provisional: 0, quiet: 0, unavailable: 0, missing: 0 };
  const marks = new Map((await store.dirtyDays()).map((mark) => [mark.day, mark]));
  for (const day of days) {
    const coverage = [{ series: BTC, day, coverage: { ...counts, firstMissing: null }, nextLook: null }];
    await store.commitDay({ ...marks.get(day)!, checkpoints: [], coverage, objects: [] });
  }
}

function finalCandle(openTime: number) {
  const values = { open: '1', high: '1', low: '1', close: '1', volume: '1' };
  return { openTime, ...values, status: 'final', source: 'history', observed: openTime + DAY } as const;
}

describe('the plan of a backfill', () => {
  test('is one range for the window of history up to today, and the worker fills it', async () => {
    const job = await createPlanner();
    await planBackfill(job, OPTIONS, signal);
    expect(job.history.requests).toEqual([]);
    const [from, to] = [TODAY - 3 * DAY, TODAY];
    expect(job.queue.ranges).toEqual([{ market: 'swap', symbol: 'BTC-USDT', interval: '3m', from, to }]);
    await drain(job);
    expect(await openTimes(job.store, BTC, from, to)).toEqual(slotsOf(from, to));
  });

  test('reads no candles, however many symbols and days: one message a symbol', async () => {
    const job = await createPlanner();
    const symbols = Array.from({ length: 200 }, (_, index) => `COIN${index}-USDT`);
    job.history.contracts = async () =>
      symbols.map((symbol) => ({ symbol, pricePrecision: 1, launchTime: null }));
    const readDay = () => Promise.reject(new Error('a day was read'));
    const ports = { ...job, candles: { ...job.candles, readDay } };
    await planBackfill(ports, { ...OPTIONS, symbols, from: TODAY - 365 * DAY, to: TODAY }, signal);
    expect(job.queue.ranges.map(({ symbol }) => symbol)).toEqual(symbols);
    for (const { from, to } of job.queue.ranges) expect([from, to]).toEqual([TODAY - 365 * DAY, TODAY]);
  });

  test('leaves settled days at both ends alone, and is empty when all are settled', async () => {
    const job = await createPlanner();
    await job.store.merge([{ series: BTC, candles: [finalCandle(TODAY - 3 * DAY)] }]);
    await job.store.advanceAsOf(TODAY);
    await settle(job, [TODAY - 3 * DAY, TODAY - DAY]);
    await planBackfill(job, OPTIONS, signal);
    expect(job.queue.ranges.map(({ from, to }) => [from, to])).toEqual([[TODAY - 2 * DAY, TODAY - DAY]]);
    await settle(job, [TODAY - 2 * DAY]);
    expect(await planBackfill(job, OPTIONS, signal)).toEqual([]);
  });

  test('begins at the launch of the contract, and at the known beginning of history', async () => {
    const job = await createPlanner();
    await job.store.describeSeries(BTC, { launchTime: TODAY - 2 * DAY, pricePrecision: 1 });
    await planBackfill(job, OPTIONS, signal);
    expect(job.queue.ranges[0]!.from).toBe(TODAY - 2 * DAY);
    for (const read of [NOW - HOUR, NOW]) {
      const historyStart = { firstAvailable: TODAY - DAY, read };
      await job.store.merge([{ series: BTC, historyStart } as never]);
    }
    await planBackfill(job, OPTIONS, signal);
    expect(job.queue.ranges[1]!.from).toBe(TODAY - DAY);
  });

  test('of a day after that did not fill the oldest day asks for it again', async () => {
    const job = await createPlanner();
    await planBackfill(job, OPTIONS, signal);
    await job.queue.deliver(async () => []);
    await job.store.merge([{ series: BTC, candles: [finalCandle(TODAY - 2 * DAY)] }]);
    await job.clock.advance(DAY);
    const [range] = await planBackfill(job, OPTIONS, signal);
    expect(range!.from).toBe(TODAY - 3 * DAY);
  });

  test('has a day again in which a look at a quiet slot is due', async () => {
    const job = await createPlanner();
    await job.store.merge([{ series: BTC, candles: [finalCandle(TODAY - 3 * DAY)] }]);
    await job.store.advanceAsOf(TODAY);
    await settle(job, [TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - DAY]);
    expect(await planBackfill(job, OPTIONS, signal)).toEqual([]);
    await job.store.markDays(new Set([TODAY - 2 * DAY]));
    const [dirty] = await job.store.dirtyDays();
    const counts = { expected: 480, final: 479, provisional: 0, quiet: 1, unavailable: 0, missing: 0 };
    const coverage = (nextLook: number) => [
      { series: BTC, day: dirty!.day, coverage: { ...counts, firstMissing: null }, nextLook },
    ];
    const commit = { ...dirty!, checkpoints: [], objects: [] };
    await job.store.commitDay({ ...commit, coverage: coverage(NOW + HOUR) });
    expect(await planBackfill(job, OPTIONS, signal)).toEqual([]);
    await job.clock.advance(HOUR);
    expect(await planBackfill(job, OPTIONS, signal)).toMatchObject([
      { from: TODAY - 2 * DAY, to: TODAY - DAY },
    ]);
  });

  test('looks at all before the beginning of history again after an hour, a day and every week', async () => {
    const start = TODAY - DAY;
    const job = await createPlanner({ historyFrom: start });
    const requestsOf = async () => {
      const before = job.history.requests.length;
      await planBackfill(job, OPTIONS, signal);
      await drain(job);
      return job.history.requests.length - before;
    };
    await requestsOf();
    await job.clock.advance(10 * MINUTE);
    await requestsOf();
    expect((await job.store.findSeries(BTC))?.historyStart.firstAvailable).toBe(start);
    const spent: number[] = [];
    for (const wait of [HOUR, HOUR, DAY, HOUR, 7 * DAY, HOUR]) {
      await job.clock.advance(wait);
      spent.push(await requestsOf());
    }
    // The new slots of each wait take requests too: an hour's as many with the look as without it.
    expect(spent[0]! - spent[1]!).toBe(1);
    expect((await job.store.findSeries(BTC))?.historyStart.reads?.lastRead).toBe(job.clock.now() - HOUR);
  });

  test('waits for an empty queue when the schedule asks, not when a person does', async () => {
    const job = await createPlanner();
    job.queue.put('busy');
    expect(await planBackfill(job, { ...OPTIONS, onlyIfIdle: true }, signal)).toEqual([]);
    expect(await planBackfill(job, OPTIONS, signal)).toHaveLength(1);
  });

  test('goes back to the first slot of a symbol that was down for longer than the window', async () => {
    const job = await createPlanner();
    const first = TODAY - 10 * DAY;
    await job.store.merge([{ series: BTC, candles: [finalCandle(first)] }]);
    await planBackfill(job, OPTIONS, signal);
    expect(job.queue.ranges[0]!.from).toBe(first);
  });

  test('refuses a symbol that the exchange does not list', async () => {
    const job = await createPlanner();
    const order = { ...OPTIONS, symbols: ['NOPE-USDT'] };
    await expect(planBackfill(job, order, signal)).rejects.toThrow('unknown symbol "NOPE-USDT"');
  });

  test('leaves a symbol out that neither exchange nor store knows, and plans the others', async () => {
    const job = await createPlanner();
    const order = { ...OPTIONS, symbols: ['BTC-UDST', 'ETH-USDT', 'BTC-USDT'] };
    expect((await planBackfill(job, order, signal)).map(({ symbol }) => symbol)).toEqual([
      'ETH-USDT',
      'BTC-USDT',
    ]);
    expect(job.events).toMatchObject([{ level: 'error', kind: 'delisted', fields: { symbol: 'BTC-UDST' } }]);
  });

  test('goes on with a symbol that the store knows and the exchange does not list any more', async () => {
    const job = await createPlanner();
    await planBackfill(job, OPTIONS, signal);
    job.history.contracts = async () => [{ symbol: 'ETH-USDT', pricePrecision: 1, launchTime: null }];
    const order = { ...OPTIONS, symbols: ['BTC-USDT', 'ETH-USDT'] };
    expect(await planBackfill(job, order, signal)).toHaveLength(2);
  });
});

test('the message of a range names its market; one of an earlier version is of swap', () => {
  const range = { symbol: 'BTC-USDT', interval: '3m', from: TODAY, to: TODAY + HOUR };
  const parse = (more: object) => parseBackfillRange(JSON.stringify({ ...range, ...more }));
  expect(parse({})).toEqual({ market: 'swap', ...range });
  expect(scopeOf(parse({ market: 'spot' })).series).toEqual({ ...BTC, market: 'spot' });
  expect(() => parse({ market: 'futures' })).toThrow(BadDataError);
});

test('the plan of a stage of spot is about spot, whatever the store has of swap', async () => {
  const job = await createPlanner();
  await planBackfill(job, OPTIONS, signal);
  await drain(job);
  const history = { ...job.history, market: 'spot' } as const;
  const ranges = await planBackfill({ ...job, history }, OPTIONS, signal);
  const [from, to] = [TODAY - 3 * DAY, TODAY];
  expect(ranges).toEqual([{ market: 'spot', symbol: 'BTC-USDT', interval: '3m', from, to }]);
});

describe('the worker of backfills', () => {
  const range = (from: number): string =>
    JSON.stringify({ symbol: 'BTC-USDT', interval: '3m', from, to: from + HOUR });
  const messages = [TODAY, TODAY + HOUR, TODAY + 2 * HOUR].map((from, index) => ({
    id: `m${index}`,
    body: range(from),
    receives: 1,
  }));

  test('reports the message that failed and all after it, and keeps what was filled before', async () => {
    const job = await createPlanner();
    job.history.tamper = () => {
      if (job.history.requests.length > 1) throw new RetryableError('the line is down');
      return null;
    };
    expect(await workBackfill(job, messages, signal)).toEqual(['m1', 'm2']);
    expect(await openTimes(job.store, BTC, TODAY, TODAY + 3 * HOUR)).toEqual(
      expect.arrayContaining([...slotsOf(TODAY, TODAY + HOUR)]),
    );
    job.history.tamper = null;
    expect(await workBackfill(job, messages.slice(1), signal)).toEqual([]);
    expect(await openTimes(job.store, BTC, TODAY, TODAY + 3 * HOUR)).toEqual(
      slotsOf(TODAY, TODAY + 3 * HOUR),
    );
    expect(job.pauses).toEqual([]);
  });

  test('tells /health when it begins a range and when it has ended it; one that failed is still running', async () => {
    const job = await createPlanner();
    expect(await workBackfill(job, messages.slice(0, 1), signal)).toEqual([]);
    const slots = HOUR / (3 * MINUTE);
    const about = { totalSlots: slots, requestsTotal: 1 };
    expect(job.backfills.map(({ status }) => status)).toEqual([
      { ...about, running: true, remainingSlots: slots, requestsDone: 0 },
      { ...about, running: false, remainingSlots: 0, requestsDone: 1 },
    ]);
    job.history.tamper = () => {
      throw new RetryableError('the line is down');
    };
    await workBackfill(job, messages.slice(1), signal);
    expect(job.backfills.at(-1)).toMatchObject({ at: NOW, status: { running: true } });
  });

  test('stands down for five minutes when the exchange limits it, with everybody who shares its pace', async () => {
    const job = await createPlanner();
    job.history.tamper = () => {
      throw new RetryableError('code 100410', { retryAfterMs: MINUTE });
    };
    expect(await workBackfill(job, messages, signal)).toEqual(['m0', 'm1', 'm2']);
    expect(job.pauses).toEqual([NOW + 5 * MINUTE]);
    expect(job.kinds()).toContain('stood-down');
  });

  test.each(['no JSON', '{}', '{"symbol":"BTC-USDT","interval":"7m","from":0,"to":1}'])(
    'gives up a message that no planner wrote (%s) and goes on with the next',
    async (body) => {
      const job = await createPlanner();
      const batch = [{ id: 'bad', body, receives: 1 }, messages[0]!];
      expect(await workBackfill(job, batch, signal)).toEqual([]);
      expect(await openTimes(job.store, BTC, TODAY, TODAY + HOUR)).not.toEqual([]);
      expect(job.kinds()).toContain('backfill-refused');
    },
  );

  test('reports a symbol that history refuses, and does not hold up the messages behind it', async () => {
    const job = await createPlanner();
    job.history.tamper = ({ series }) => {
      if (series.symbol !== 'NCFXEUR2USD-USDT') return null;
      throw new SymbolRefusedError('is pause currently', { code: 109415, certain: true });
    };
    const paused = { symbol: 'NCFXEUR2USD-USDT', interval: '3m', from: TODAY, to: TODAY + HOUR };
    const batch = [{ id: 'paused', body: JSON.stringify(paused), receives: 1 }, ...messages];
    expect(await workBackfill(job, batch, signal)).toEqual([]);
    expect(await openTimes(job.store, BTC, TODAY, TODAY + 3 * HOUR)).toEqual(
      slotsOf(TODAY, TODAY + 3 * HOUR),
    );
    expect(job.events.filter(({ kind }) => kind === 'refused')).toMatchObject([
      { level: 'error', message: 'NCFXEUR2USD-USDT: is pause currently' },
    ]);
    expect(job.pauses).toEqual([]);
  });

  test('delivered twice or in another order leaves the same store', async () => {
    const once = await createPlanner();
    await workBackfill(once, messages, signal);
    const mixed = await createPlanner();
    for (const index of [2, 0, 2, 1, 0]) await workBackfill(mixed, [messages[index]!], signal);
    expect(await mixed.store.readDay(BTC, TODAY)).toEqual(await once.store.readDay(BTC, TODAY));
  });

  test('moves the watermark to the end of its range, and never past what has closed', async () => {
    const job = await createPlanner();
    await workBackfill(job, [messages[1]!], signal);
    expect(await job.store.readAsOf()).toBe(TODAY + 2 * HOUR);
    const beyond = JSON.stringify({ symbol: 'BTC-USDT', interval: '3m', from: NOW - HOUR, to: NOW + HOUR });
    await workBackfill(job, [{ id: 'x', body: beyond, receives: 1 }], signal);
    expect(await job.store.readAsOf()).toBeLessThanOrEqual(NOW);
  });

  test('splits a year into messages of at most twenty requests, newest first', async () => {
    const job = await createPlanner();
    await planBackfill(job, { ...OPTIONS, from: TODAY - 365 * DAY, to: TODAY }, signal);
    const counts: number[] = [];
    const ranges: BackfillRange[] = [];
    for (;;) {
      const before = job.history.requests.length;
      const message = await job.queue.deliver((given) => workBackfill(job, given, signal));
      if (message === null) break;
      ranges.push(JSON.parse(message.body));
      counts.push(job.history.requests.length - before);
    }
    const [whole, ...parts] = ranges;
    expect([whole!.from, whole!.to]).toEqual([TODAY - 365 * DAY, TODAY]);
    // 175,200 slots at 998 a request (two of the thousand are the neighbours) are 176 requests, twenty a
    // message.
    expect(parts).toHaveLength(9);
    expect(parts[0]!.to).toBe(TODAY);
    expect(parts.at(-1)!.from).toBe(TODAY - 365 * DAY);
    for (const [index, part] of parts.entries()) {
      expect((part.to - part.from) / SLOT).toBeLessThanOrEqual(20 * 998);
      if (index > 0) expect(part.to).toBe(parts[index - 1]!.from);
    }
    for (const count of counts) expect(count).toBeLessThanOrEqual(20);
  });

  test('does a long range at once when few of its slots are missing', async () => {
    const job = await createPlanner();
    const from = TODAY - 100 * DAY;
    const hole = TODAY - 50 * DAY;
    const stored = slotsOf(from, TODAY).filter((slot) => slot !== hole);
    await job.store.merge([{ series: BTC, candles: stored.map(finalCandle) }]);
    await job.queue.send([{ market: 'swap', symbol: 'BTC-USDT', interval: '3m', from, to: TODAY }]);
    expect(await drain(job)).toHaveLength(1);
    expect(await openTimes(job.store, BTC, hole, hole + SLOT)).toEqual([hole]);
  });

  test.each([
    ['half an hour', 30 * MINUTE],
    ['a day', DAY],
  ])('an outage of the exchange for %s fills no dead-letter queue', async (_title, outageMs) => {
    const job = await createPlanner();
    for (const range of [1, 2, 3].map((day) => TODAY - day * DAY))
      await job.queue.send([
        { market: 'swap', symbol: 'BTC-USDT', interval: '3m', from: range, to: range + DAY },
      ]);
    job.history.tamper = () => {
      if (job.clock.now() < NOW + outageMs) throw new RetryableError('the line is down');
      return null;
    };
    for (let minute = 0; minute < outageMs / MINUTE + 60; minute++) {
      await drain(job);
      await job.clock.advance(MINUTE);
    }
    expect(job.queue.dead).toEqual([]);
    expect(await job.queue.isEmpty()).toBe(true);
    expect(await openTimes(job.store, BTC, TODAY - 3 * DAY, TODAY)).toEqual(slotsOf(TODAY - 3 * DAY, TODAY));
  });

  test('a message that fails by a fault of ours reaches the dead-letter queue, and the next goes on', async () => {
    const job = await createPlanner();
    await job.queue.send(
      [1, 2].map((day) => ({
        market: 'swap',
        symbol: 'BTC-USDT',
        interval: '3m',
        from: TODAY - day * DAY,
        to: TODAY - day * DAY + DAY,
      })),
    );
    job.history.tamper = ({ to }) => {
      if (to > TODAY - DAY + HOUR) throw new Error('a fault of ours');
      return null;
    };
    for (let minute = 0; minute < 60; minute++) {
      await drain(job);
      await job.clock.advance(MINUTE);
    }
    expect(job.queue.dead).toHaveLength(1);
    expect(await job.queue.isEmpty()).toBe(true);
  });
});
