import {
  BadDataError,
  createExceptions,
  INITIAL_LAKE_STATUS,
  NO_NEEDS,
  RetryableError,
  StatusBoard,
  type StreamStatus,
} from '@candlelake/core';
import { expect, test } from 'vitest';
import { fillGaps } from '../../packages/functions/src/jobs/fillGaps.ts';
import { BTC, createJob, DAY, ETH, HOUR, MINUTE, openTimes, SLOT, slotsOf, TODAY } from './jobFixture.ts';

const { signal } = new AbortController();
const NOW = TODAY + 12 * HOUR;
const OPTIONS = { symbols: ['BTC-USDT', 'ETH-USDT'], interval: '3m' } as const;
const PATIENCE = 15 * MINUTE;

/** The status of a stream that began at `startedAt` and has these slots open. */
function streamStatus(startedAt: number, open: Readonly<Record<string, number>> = {}): StreamStatus {
  const board = new StatusBoard(OPTIONS.symbols, startedAt);
  for (const [symbol, slot] of Object.entries(open)) board.surveyed(symbol, { ...NO_NEEDS, missing: [slot] });
  return board.read(INITIAL_LAKE_STATUS);
}

test('looks where the stream says that a slot is open, and nowhere else', async () => {
  const job = await createJob({ now: NOW });
  const open = NOW - HOUR;
  const status = streamStatus(NOW - DAY, { 'BTC-USDT': open, 'ETH-USDT': NOW - 5 * MINUTE });
  await fillGaps({ ...job, readStream: async () => ({ at: NOW, status }) }, OPTIONS, signal);
  expect(await openTimes(job.store, BTC, TODAY, NOW)).toEqual(
    expect.arrayContaining([...slotsOf(open, NOW - PATIENCE)]),
  );
  expect(await openTimes(job.store, ETH, TODAY - DAY, NOW)).toEqual([]);
  expect(job.history.requests.map(({ series }) => series.symbol)).toEqual(['BTC-USDT']);
});

test.each([
  ['has never reported', null],
  ['died four minutes ago', NOW - 4 * MINUTE],
])('looks everywhere when the stream %s', async (_title, at) => {
  const job = await createJob({ now: NOW });
  const readStream = async () => (at === null ? null : { at, status: streamStatus(NOW - DAY) });
  const { open, asked } = await fillGaps({ ...job, readStream }, OPTIONS, signal);
  const slots = slotsOf(TODAY - DAY, NOW - PATIENCE);
  for (const series of [BTC, ETH])
    expect(await openTimes(job.store, series, TODAY - DAY, NOW - PATIENCE)).toEqual(slots);
  expect({ open, asked }).toEqual({ open: 0, asked: 2 * slots.length });
});

test('fills the symbol with the oldest hole first, with no more than sixty requests', async () => {
  const job = await createJob({ now: NOW });
  const symbols = Array.from({ length: 70 }, (_, index) => `S${index}-USDT`);
  // S69 lost the day before, the others only today.
  const status = streamStatus(NOW - DAY);
  const late = symbols.map((symbol, index) => ({
    ...status.symbols[0]!,
    symbol,
    oldestUnresolvedLive: NOW - HOUR - index * SLOT,
  }));
  const readStream = async () => ({ at: NOW, status: { ...status, symbols: late } });
  const { open } = await fillGaps({ ...job, readStream }, { symbols, interval: '3m' }, signal);
  const asked = job.history.requests.map(({ series }) => series.symbol);
  // One of the sixty measured the clock.
  expect(asked).toEqual(symbols.toReversed().slice(0, 59));
  const left = symbols.slice(0, 11).map((_, index) => (HOUR - PATIENCE) / SLOT + index);
  expect(open).toBe(left.reduce((sum, slots) => sum + slots, 0));
});

test('stands down with the worker when the exchange limits it', async () => {
  const job = await createJob({ now: NOW });
  job.history.tamper = () => {
    throw new RetryableError('HTTP 403', { retryAfterMs: 5 * MINUTE });
  };
  await fillGaps({ ...job, readStream: async () => null }, OPTIONS, signal);
  expect(job.history.requests).toHaveLength(1);
  expect(job.pauses).toEqual([NOW + 5 * MINUTE]);
});

test('a symbol that history refuses for good does not keep the others from their turn', async () => {
  const job = await createJob({ now: NOW });
  job.history.tamper = ({ series }) => {
    if (series.symbol === 'BTC-USDT') throw new BadDataError('code 109425');
    return null;
  };
  await fillGaps({ ...job, readStream: async () => null }, OPTIONS, signal);
  expect(await openTimes(job.store, ETH, TODAY, NOW - PATIENCE)).toEqual(slotsOf(TODAY, NOW - PATIENCE));
  expect(job.kinds()).toContain('refused');
});

test('leaves symbols that are not traded to the stream, and asks for them last when there is no stream', async () => {
  const exceptions = createExceptions();
  exceptions.set('BTC-USDT', 'closed', 'no candle since noon');
  const board = new StatusBoard(OPTIONS.symbols, NOW - DAY, exceptions);
  for (const symbol of OPTIONS.symbols) board.surveyed(symbol, { ...NO_NEEDS, missing: [NOW - HOUR] });
  const status = board.read(INITIAL_LAKE_STATUS);
  const asked = async (at: number) => {
    const job = await createJob({ now: NOW });
    await fillGaps({ ...job, readStream: async () => ({ at, status }) }, OPTIONS, signal);
    return job.history.requests.map(({ series }) => series.symbol);
  };
  expect(await asked(NOW)).toEqual(['ETH-USDT']);
  expect(await asked(NOW - HOUR)).toEqual(['ETH-USDT', 'BTC-USDT']);
});

test('counts a hole older than two hours in every run, and asks for it once in half an hour', async () => {
  const asked = [];
  const counted = [];
  for (let now = NOW; now < NOW + HOUR; now += 5 * MINUTE) {
    const job = await createJob({ now: now + 3 * MINUTE });
    // History has neither this slot nor one after it.
    job.history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < NOW - 3 * HOUR);
    const status = streamStatus(NOW - DAY, { 'BTC-USDT': NOW - 3 * HOUR });
    const { open } = await fillGaps(
      { ...job, readStream: async () => ({ at: now, status }) },
      OPTIONS,
      signal,
    );
    counted.push(open > 0);
    asked.push(job.history.requests.length);
  }
  expect(asked).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  expect(counted).toEqual(Array<boolean>(12).fill(true));
});

test('raises the watermark when the stream does not, once the exchange has told its time', async () => {
  const status = streamStatus(NOW - DAY);
  const asOf = async (at: number, isAnswering = true) => {
    const job = await createJob({ now: NOW });
    if (!isAnswering)
      job.history.syncClock = async () => {
        throw new RetryableError('no answer');
      };
    await fillGaps({ ...job, readStream: async () => ({ at, status }) }, OPTIONS, signal);
    return job.store.readAsOf();
  };
  expect(await asOf(NOW)).toBe(0);
  expect(await asOf(NOW - HOUR, false)).toBe(0);
  // The newest end of a slot that closed six seconds ago or earlier.
  expect(await asOf(NOW - HOUR)).toBe(NOW - SLOT);
});
