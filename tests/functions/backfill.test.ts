import { RetryableError } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import type { BackfillRange } from '../../packages/functions/src/jobs/backfillRange.ts';
import { planBackfill } from '../../packages/functions/src/jobs/planBackfill.ts';
import { workBackfill } from '../../packages/functions/src/jobs/workBackfill.ts';
import { BTC, createJob, DAY, HOUR, MINUTE, openTimes, SLOT, slotsOf, TODAY } from './jobFixture.ts';

const { signal } = new AbortController();
const NOW = TODAY + 12 * HOUR;
const OPTIONS = { symbols: ['BTC-USDT'], interval: '3m', from: null, to: null, historyDays: 3 } as const;

async function createPlanner(parts: Partial<Parameters<typeof createJob>[0]> = {}) {
  const job = await createJob({ now: NOW, ...parts });
  const queue: BackfillRange[] = [];
  const enqueue = async (ranges: readonly BackfillRange[]) => void queue.push(...ranges);
  const messages = () => queue.map((range, index) => ({ id: `m${index}`, body: JSON.stringify(range) }));
  return { ...job, enqueue, queue, messages };
}

function finalCandle(openTime: number) {
  const values = { open: '1', high: '1', low: '1', close: '1', volume: '1' };
  return { openTime, ...values, status: 'final', source: 'history', observed: openTime + DAY } as const;
}

describe('the plan of a backfill', () => {
  test('covers the window of history up to today, and the worker fills it', async () => {
    const job = await createPlanner();
    await planBackfill(job, OPTIONS, signal);
    expect(job.history.requests).toEqual([]);
    const [from, to] = [TODAY - 3 * DAY, TODAY];
    expect(job.queue).toEqual([{ symbol: 'BTC-USDT', interval: '3m', from, to }]);
    expect(await workBackfill(job, job.messages(), signal)).toEqual([]);
    expect(await openTimes(job.store, BTC, from, to)).toEqual(slotsOf(from, to));
  });

  test('plans nothing of what is settled', async () => {
    const job = await createPlanner();
    await planBackfill(job, OPTIONS, signal);
    await workBackfill(job, job.messages(), signal);
    job.queue.length = 0;
    expect(await planBackfill(job, OPTIONS, signal)).toEqual([]);
    expect(job.queue).toEqual([]);
  });

  test('leaves yesterday alone once a derivation found it settled', async () => {
    const job = await createPlanner();
    await job.store.merge([{ series: BTC, candles: [finalCandle(TODAY - 3 * DAY)] }]);
    await job.store.advanceAsOf(TODAY);
    const counts = { expected: 480, final: 480, provisional: 0, quiet: 0, unavailable: 0, missing: 0 };
    const days = new Map((await job.store.dirtyDays()).map((mark) => [mark.day, mark]));
    const day = TODAY - DAY;
    const coverage = [{ series: BTC, day, coverage: { ...counts, firstMissing: null } }];
    await job.store.commitDay({ ...days.get(day)!, checkpoints: [], coverage, objects: [] });
    await planBackfill(job, OPTIONS, signal);
    expect(job.queue.map(({ to }) => to)).toEqual([TODAY - DAY]);
  });

  test('cuts a year into messages of at most twenty requests, newest first', async () => {
    const job = await createPlanner();
    const year = { ...OPTIONS, from: TODAY - 365 * DAY, to: TODAY };
    await planBackfill(job, year, signal);
    // 175,200 slots at 998 a request (two of the thousand are the neighbours) are 176 requests, twenty a
    // message.
    expect(job.queue).toHaveLength(9);
    expect(job.queue[0]!.to).toBe(TODAY);
    expect(job.queue.at(-1)!.from).toBe(TODAY - 365 * DAY);
    for (const [index, range] of job.queue.entries()) {
      expect((range.to - range.from) / SLOT).toBeLessThanOrEqual(20 * 998);
      if (index > 0) expect(range.to).toBe(job.queue[index - 1]!.from);
    }
    for (const message of job.messages()) {
      const before = job.history.requests.length;
      expect(await workBackfill(job, [message], signal)).toEqual([]);
      expect(job.history.requests.length - before).toBeLessThanOrEqual(20);
    }
  });

  test('goes back to the first slot of a symbol that was down for longer than the window', async () => {
    const job = await createPlanner();
    const first = TODAY - 10 * DAY;
    await job.store.merge([{ series: BTC, candles: [finalCandle(first)] }]);
    await planBackfill(job, OPTIONS, signal);
    expect(job.queue.at(-1)!.from).toBe(first + SLOT);
  });

  test('refuses a symbol that the exchange does not list', async () => {
    const job = await createPlanner();
    const order = { ...OPTIONS, symbols: ['NOPE-USDT'] };
    await expect(planBackfill(job, order, signal)).rejects.toThrow('unknown symbol "NOPE-USDT"');
  });
});

describe('the worker of backfills', () => {
  const range = (from: number): string =>
    JSON.stringify({ symbol: 'BTC-USDT', interval: '3m', from, to: from + HOUR });
  const messages = [TODAY, TODAY + HOUR, TODAY + 2 * HOUR].map((from, index) => ({
    id: `m${index}`,
    body: range(from),
  }));

  test('reports the message that failed and all after it, and keeps what was filled before', async () => {
    const job = await createJob({ now: NOW });
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

  test('stands down for five minutes when the exchange limits it, with everybody who shares its pace', async () => {
    const job = await createJob({ now: NOW });
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
      const job = await createJob({ now: NOW });
      const batch = [{ id: 'bad', body }, messages[0]!];
      expect(await workBackfill(job, batch, signal)).toEqual([]);
      expect(await openTimes(job.store, BTC, TODAY, TODAY + HOUR)).not.toEqual([]);
      expect(job.kinds()).toContain('backfill-refused');
    },
  );

  test('delivered twice or in another order leaves the same store', async () => {
    const once = await createJob({ now: NOW });
    await workBackfill(once, messages, signal);
    const mixed = await createJob({ now: NOW });
    for (const index of [2, 0, 2, 1, 0]) await workBackfill(mixed, [messages[index]!], signal);
    expect(await mixed.store.readDay(BTC, TODAY)).toEqual(await once.store.readDay(BTC, TODAY));
  });

  test('moves the watermark to the end of its range, and never past what has closed', async () => {
    const job = await createJob({ now: NOW });
    await workBackfill(job, [messages[1]!], signal);
    expect(await job.store.readAsOf()).toBe(TODAY + 2 * HOUR);
    const beyond = JSON.stringify({ symbol: 'BTC-USDT', interval: '3m', from: NOW - HOUR, to: NOW + HOUR });
    await workBackfill(job, [{ id: 'x', body: beyond }], signal);
    expect(await job.store.readAsOf()).toBeLessThanOrEqual(NOW);
  });
});
