import {
  type ExceptionState,
  healthOf,
  INITIAL_LAKE_STATUS,
  NO_BACKFILL,
  NO_NEEDS,
  StatusBoard,
  type StreamStatus,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const HEALTHY: StreamStatus = {
  startedAt: NOW - 60 * MINUTE,
  link: {
    connected: true,
    connections: 1,
    since: NOW - 60 * MINUTE,
    lastFrameAt: NOW - 1000,
    lagMs: 0,
    reconnects: 0,
  },
  reachable: true,
  unansweredSince: null,
  symbols: [
    {
      symbol: 'BTC-USDT',
      lastClose: NOW,
      oldestUnresolvedLive: null,
      missing: 0,
      provisional: 0,
      quiet: false,
      exception: null,
      unreadable: null,
    },
  ],
  backfill: NO_BACKFILL,
  lastRepair: null,
  lake: { dirtyDays: 0, oldestDirtySince: null, lastDerivedAt: NOW, lastAsOf: NOW, lastError: null },
  counters: { updates: 1, candlesStored: 1, slotsRepaired: 0 },
};
const late = (ageMs: number, count = 1): StreamStatus => ({
  ...HEALTHY,
  symbols: Array.from({ length: count }, (_, index) => ({
    ...HEALTHY.symbols[0]!,
    symbol: `S${index}-USDT`,
    oldestUnresolvedLive: NOW - 3 * MINUTE - ageMs,
  })),
});
const REASON = 'the exchange refuses the subscription (80015 no such)';
const excepted = (state: ExceptionState, oldestUnresolvedLive: number | null): StreamStatus => ({
  ...HEALTHY,
  symbols: [
    { ...HEALTHY.symbols[0]!, exception: { state, reason: REASON }, oldestUnresolvedLive, missing: 5 },
  ],
});
const OLD = NOW - 13 * MINUTE;
const lake = (part: Partial<StreamStatus['lake']>): StreamStatus => ({
  ...HEALTHY,
  lake: { ...HEALTHY.lake, ...part },
});

describe('the status of a stream', () => {
  it('says since when the exchange is silent until its first answer, also when it is silent again', () => {
    const board = new StatusBoard(['BTC-USDT'], NOW);
    const read = () => board.read(INITIAL_LAKE_STATUS).unansweredSince;
    expect(read()).toBe(NOW);
    board.reached(false);
    expect(read()).toBe(NOW);
    board.reached(true);
    board.reached(false);
    expect(read()).toBe(null);
  });
});

describe('healthOf', () => {
  it.each<[string, StreamStatus, string | undefined]>([
    ['fresh data', HEALTHY, undefined],
    ['no link', { ...HEALTHY, link: { ...HEALTHY.link, connected: false } }, 'no link'],
    ['a slot open for exactly three intervals', late(9 * MINUTE), undefined],
    ['a slot open for longer', late(9 * MINUTE + 1), 'S0-USDT has not settled since 2026-11-22T11:47:59'],
    ['a slot as old among 300 symbols, which share the budget', late(9 * MINUTE + 1, 300), undefined],
    [
      'no answer for four intervals since the start',
      { ...HEALTHY, unansweredSince: NOW - 12 * MINUTE },
      undefined,
    ],
    [
      'no answer for longer, so that no slot is kept or known to be late',
      { ...HEALTHY, unansweredSince: NOW - 12 * MINUTE - 1 },
      'the exchange has answered no request since the start at 2026-11-22T11:47:59',
    ],
    ['a rejected subscription that history keeps', excepted('rejected', null), undefined],
    [
      'a rejected subscription that history does not keep',
      excepted('rejected', OLD),
      'BTC-USDT has not settled since 2026-11-22T11:47',
    ],
    ['old slots of a symbol that is not listed any more', excepted('delisted', OLD), undefined],
    ['old slots of a symbol before its launch', excepted('unlaunched', OLD), undefined],
    ['old slots of a symbol that history refuses', excepted('refused', OLD), undefined],
    ['old slots of a closed market', excepted('closed', OLD), undefined],
    ['a lake that was marked four minutes ago', lake({ oldestDirtySince: NOW - 4 * MINUTE }), undefined],
    ['a lake that was marked six minutes ago', lake({ oldestDirtySince: NOW - 6 * MINUTE }), 'the lake lags'],
    [
      'the same while a backfill runs',
      {
        ...lake({ oldestDirtySince: NOW - 6 * MINUTE }),
        backfill: { ...NO_BACKFILL, running: true, remainingSlots: 5, totalSlots: 9 },
      },
      undefined,
    ],
    ['a lake that cannot be written', lake({ lastError: 'the disk is full' }), 'the disk is full'],
    ['history that does not answer, as long as no slot is late', { ...HEALTHY, reachable: false }, undefined],
  ])('judges %s', (_case, status, reason) => {
    const health = healthOf(status, { now: NOW, interval: '3m' });
    expect(health.status).toBe(reason === undefined ? 'ok' : 'unhealthy');
    if (reason === undefined) expect(health.reason).toBeUndefined();
    else expect(health.reason).toContain(reason);
  });

  it('names the symbols that are not kept as usual, and why, and counts the missing slots of the others', () => {
    expect(healthOf(HEALTHY, { now: NOW, interval: '3m' }).exceptions).toEqual([]);
    const rejected = healthOf(excepted('rejected', null), { now: NOW, interval: '3m' });
    expect(rejected.exceptions).toEqual([{ symbol: 'BTC-USDT', state: 'rejected', reason: REASON }]);
    expect(rejected.missingLiveSlots).toBe(5);
    const closed = healthOf(excepted('closed', OLD), { now: NOW, interval: '3m' });
    expect(closed).toMatchObject({ missingLiveSlots: 0, oldestUnresolved: null });
  });

  it('waits as much longer as a slower pace takes, and no shorter with a faster one', () => {
    const judge = (ageMs: number, requestsPerSecond: number) =>
      healthOf(late(ageMs, 100), { now: NOW, interval: '3m', requestsPerSecond }).status;
    // A round over 100 symbols takes two requests each, 1.2 s apart at one a second: 4 minutes, or 20 at 0.2.
    expect(judge(9 * MINUTE + 1, 1)).toBe('unhealthy');
    expect(judge(23 * MINUTE, 0.2)).toBe('ok');
    expect(judge(23 * MINUTE + 1, 0.2)).toBe('unhealthy');
    expect(judge(9 * MINUTE, 10)).toBe('ok');
  });

  it('counts slots whose row can not be read and names the oldest; they do not make it unhealthy', () => {
    const board = new StatusBoard(['BTC-USDT', 'ETH-USDT'], NOW - 60 * MINUTE);
    board.event({ kind: 'connected', connection: 1, symbols: [] }, NOW);
    board.reached(true);
    const slots = [NOW - 30 * MINUTE, NOW - 27 * MINUTE];
    board.surveyed('BTC-USDT', { ...NO_NEEDS, missing: slots, unreadable: slots });
    const read = () => healthOf(board.read(INITIAL_LAKE_STATUS), { now: NOW, interval: '3m' });
    const openTime = '2026-11-22T11:30Z';
    expect(read()).toMatchObject({ status: 'ok', unreadable: { slots: 2, symbol: 'BTC-USDT', openTime } });
    board.historySurveyed('ETH-USDT', { ...NO_NEEDS, unreadable: [NOW - 90 * MINUTE] });
    const older = { slots: 3, symbol: 'ETH-USDT', openTime: '2026-11-22T10:30Z' };
    expect(read()).toMatchObject({ status: 'ok', unreadable: older });
    board.surveyed('BTC-USDT', NO_NEEDS);
    board.historySurveyed('ETH-USDT', NO_NEEDS);
    expect(read().unreadable).toBeNull();
  });

  it('names the oldest open slot of all symbols', () => {
    const status = late(MINUTE, 3);
    const symbols = status.symbols.map((symbol, index) => ({
      ...symbol,
      oldestUnresolvedLive: NOW - (index + 1) * 3 * MINUTE,
    }));
    expect(healthOf({ ...status, symbols }, { now: NOW, interval: '3m' }).oldestUnresolved).toEqual({
      symbol: 'S2-USDT',
      openTime: '2026-11-22T11:51Z',
    });
  });
});
