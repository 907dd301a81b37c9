import type { StatusAnswer } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { emptyText, statusText } from '../../packages/page/src/model/status.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const STATUS: StatusAnswer = {
  ...{ state: 'connected', since: NOW - 60_000, message: 'live', healthy: true, lateness_ms: 4 },
  ...{ last_frame: NOW, last_repair: { at: NOW - 30_000, slots: 7 }, as_of: NOW - 6000, backfill: null },
  ...{ now: NOW, version: '0.1.0' },
};
const view = (change: Partial<StatusAnswer> = {}) => ({
  status: { ...STATUS, ...change },
  unansweredSince: null,
});

describe('statusText', () => {
  it('says lateness, last repair and the state of the lake', () => {
    expect(statusText(view(), 'UTC')).toEqual({
      tone: 'good',
      state: 'live',
      details: ['4 ms behind', 'last repair 11:59:30 (7 slots)', 'lake as of 2026-11-20 11:59'],
    });
  });

  it.each([
    [{ state: 'disconnected' as const, message: 'no link' }, 'bad', 'no link'],
    [{ state: 'starting' as const, healthy: false, message: 'connecting' }, 'waiting', 'connecting'],
    [{ healthy: false, message: 'the lake lags' }, 'waiting', 'the lake lags'],
  ])('of %j is %s: %s', (change, tone, state) => {
    expect(statusText(view(change), 'UTC')).toMatchObject({ tone, state });
  });

  it('says so when the server does not answer, whatever was known before', () => {
    const { tone, state, details } = statusText({ status: STATUS, unansweredSince: NOW }, 'UTC');
    expect([tone, state, details]).toEqual([
      'bad',
      'candlelake has not answered since 12:00:00: trying again',
      [],
    ]);
  });
});

describe('emptyText', () => {
  const text = (change: object) =>
    emptyText({
      ...{ ...view(), symbol: 'BTC-USDT', timeframe: '21m', isLoading: false, problem: null, zone: 'UTC' },
      ...change,
    });
  const backfill = { requests_done: 3, requests_total: 6, eta_s: 4 };

  it.each([
    [view({ backfill, message: 'backfilling: 3 of 6 requests' }), 'backfilling: 3 of 6 requests'],
    [{ isLoading: true }, 'loading bars'],
    [{ status: null }, 'connecting to candlelake'],
    [view({ state: 'disconnected', message: 'no link' }), 'no link'],
    [{ problem: 'symbol "X": not known' }, 'symbol "X": not known'],
    [{ symbol: null }, 'the store has no symbol yet: waiting for the first candle'],
    [{}, 'BTC-USDT has no bar of 21m yet: the first one appears with its first candle'],
    [{ unansweredSince: NOW }, 'candlelake has not answered since 12:00:00: trying again'],
  ])('%#: %s', (change, expected) => expect(text(change)).toBe(expected));
});
