import { createExceptions, INITIAL_LAKE_STATUS, StatusBoard } from '@candlelake/core';
import { expect, test } from 'vitest';
import { reportStatus } from '../../packages/functions/src/stream/reportStatus.ts';
import { BTC, createJob, DAY, ETH, HOUR, MINUTE, SLOT, TODAY } from './jobFixture.ts';

const NOON = TODAY + 12 * HOUR;
const VALUES = { open: '1', high: '1', low: '1', close: '1', volume: '1' };
type Job = Awaited<ReturnType<typeof createJob>>;

/** The metrics and fields of the first report of a process that started at `now`. */
async function firstReport({ clock, candles, report }: Job, board: StatusBoard) {
  const published: Record<string, unknown> = {};
  const note = (name: string, ...values: unknown[]) => {
    published[name] = values.at(-1);
  };
  const stopping = new AbortController();
  const ports = {
    clock,
    candles,
    report,
    lake: { refresh: async () => {} },
    items: { writeStream: async () => {} },
    metrics: { addMetric: note, addMetadata: note, publishStoredMetrics: () => stopping.abort() },
    status: () => board.read(INITIAL_LAKE_STATUS),
  };
  const settings = { market: 'swap', interval: '3m', requestsPerSecond: 1 } as const;
  await reportStatus(ports as unknown as Parameters<typeof reportStatus>[0], settings, stopping.signal);
  return published;
}

const storeFinal = (job: Job, series: typeof BTC, openTime: number) =>
  job.store.merge([
    {
      series,
      candles: [{ openTime, ...VALUES, status: 'final', source: 'history', observed: openTime + HOUR }],
    },
  ]);

test('a restart does not reset the delay: it counts from the newest settled slot of the store', async () => {
  const job = await createJob({ now: NOON });
  await storeFinal(job, BTC, NOON - 40 * MINUTE - SLOT);
  await storeFinal(job, BTC, NOON - 30 * MINUTE - SLOT);
  const published = await firstReport(job, new StatusBoard(['BTC-USDT'], NOON));
  // The next slot opened 30 minutes ago and closed one interval later.
  expect(published).toMatchObject({ LiveDelaySeconds: 27 * 60, lateSymbols: '1' });
  expect(published.late).toBe('[{"symbol":"BTC-USDT","delayMs":1620000}]');
});

test.each([
  ['the newest slot of yesterday, just after midnight', TODAY + MINUTE, TODAY - 20 * MINUTE, 18 * 60],
  ['the start of yesterday, when nothing is settled since', NOON, TODAY - 9 * DAY, 36 * 3600 - 180],
])('counts from %s', async (_title, now, newest, seconds) => {
  const job = await createJob({ now });
  await storeFinal(job, BTC, newest - SLOT);
  const { LiveDelaySeconds } = await firstReport(job, new StatusBoard(['BTC-USDT'], now));
  expect(LiveDelaySeconds).toBe(seconds);
});

test('a symbol without any candle counts from the start of the process', async () => {
  const job = await createJob({ now: NOON });
  expect(await firstReport(job, new StatusBoard(['NEW-USDT'], NOON - HOUR))).toMatchObject({
    LiveDelaySeconds: 57 * 60,
  });
});

test('slots that history showed empty are settled, and a symbol that is not traded is not late', async () => {
  const job = await createJob({ now: NOON });
  await storeFinal(job, BTC, NOON - HOUR);
  await job.store.merge([
    { series: BTC, absences: [{ openTime: NOON - SLOT, firstRead: NOON, lastRead: NOON }] },
  ]);
  await storeFinal(job, ETH, NOON - HOUR);
  for (const state of ['delisted', 'unlaunched', 'refused', 'closed'] as const) {
    const exceptions = createExceptions();
    exceptions.set('ETH-USDT', state, 'why');
    const published = await firstReport(job, new StatusBoard(['BTC-USDT', 'ETH-USDT'], NOON, exceptions));
    expect(published).toMatchObject({ LiveDelaySeconds: 0, lateSymbols: '0' });
    // Only what a person has to decide on counts: a market that closes for a weekend opens by itself.
    expect(published.RejectedSymbols).toBe(state === 'delisted' ? 1 : 0);
    expect(published.exceptions).toBe(JSON.stringify([{ symbol: 'ETH-USDT', state }]));
  }
});

test('a symbol whose subscription is refused counts, and is late when history does not keep it', async () => {
  const job = await createJob({ now: NOON });
  await storeFinal(job, ETH, NOON - HOUR);
  const board = new StatusBoard(['ETH-USDT'], NOON);
  board.event({ kind: 'rejected', symbol: 'ETH-USDT', code: 1, message: 'no' }, NOON);
  expect(await firstReport(job, board)).toMatchObject({ RejectedSymbols: 1, lateSymbols: '1' });
});

test('the line names the twenty latest symbols, whatever their number', async () => {
  const job = await createJob({ now: NOON });
  const symbols = Array.from({ length: 600 }, (_, index) => `COIN${index}-USDT`);
  const { late, lateSymbols } = await firstReport(job, new StatusBoard(symbols, NOON - DAY));
  expect(lateSymbols).toBe('600');
  expect(JSON.parse(late as string)).toHaveLength(20);
});

test('a link that comes up after the first report is reported within ten seconds, then again after a minute', async () => {
  const { clock, candles, report } = await createJob({ now: NOON });
  const board = new StatusBoard(['BTC-USDT'], NOON);
  const written: { at: number; isConnected: boolean }[] = [];
  const stopping = new AbortController();
  const ignore = () => {};
  const ports = {
    clock,
    candles,
    report,
    lake: { refresh: async () => {} },
    items: {
      async writeStream({ at, status }: { at: number; status: ReturnType<StatusBoard['read']> }) {
        written.push({ at: (at - NOON) / 1000, isConnected: status.link.connected });
      },
    },
    metrics: { addMetric: ignore, addMetadata: ignore, publishStoredMetrics: ignore },
    status: () => board.read(INITIAL_LAKE_STATUS),
  };
  const settings = { market: 'swap', interval: '3m', requestsPerSecond: 1 } as const;
  const reporting = reportStatus(
    ports as unknown as Parameters<typeof reportStatus>[0],
    settings,
    stopping.signal,
  );
  await clock.advance(3500);
  board.event({ kind: 'connected', connection: 0, symbols: ['BTC-USDT'] }, clock.now());
  await clock.advance(68_500);
  board.event(
    { kind: 'disconnected', connection: 0, symbols: ['BTC-USDT'], reason: 'test', retryInMs: 1000 },
    clock.now(),
  );
  await clock.advance(180_000);
  stopping.abort();
  await reporting;
  expect(written).toEqual([
    { at: 0, isConnected: false },
    { at: 10, isConnected: true },
    { at: 70, isConnected: true },
    { at: 130, isConnected: false },
    { at: 190, isConnected: false },
    { at: 250, isConnected: false },
  ]);
});
