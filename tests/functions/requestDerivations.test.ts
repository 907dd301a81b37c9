import type { ReportedEvent, Series, SymbolStatus } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { requestDerivations } from '../../packages/functions/src/stream/requestDerivations.ts';
import { makeCandle } from '../contracts/storeFixture.ts';
import { createManualClock } from '../support/manualClock.ts';
import { MINUTE, SLOT, slotsOf, TODAY } from './jobFixture.ts';

const SECOND = 1000;

interface Rig {
  readonly timeframes: readonly number[];
  /** Minutes of the day. */
  readonly from: number;
  readonly minutes: number;
  readonly failures?: number;
  /** How long after its close history shows a candle of a symbol, in seconds; null for never. */
  readonly confirmedAfter?: Readonly<Record<string, number | null>>;
  readonly symbols?: readonly Partial<SymbolStatus>[];
}

const KEPT = { symbol: 'BTC-USDT', quiet: false, exception: null };

/** When derivations were requested, in minutes of the day, while the clock went on. */
async function requestsOf({ timeframes, from, minutes, failures = 0, symbols = [KEPT], ...rest }: Rig) {
  const clock = createManualClock(TODAY + from * MINUTE);
  const requests: number[] = [];
  const events: ReportedEvent[] = [];
  const stopping = new AbortController();
  const requestDerivation = async () => {
    requests.push((clock.now() - TODAY) / MINUTE);
    if (requests.length <= failures) throw new Error('throttled');
  };
  const report = (event: ReportedEvent) => void events.push(event);
  const { confirmedAfter = {} } = rest;
  const candles = {
    async readDay({ symbol }: Series, day: number) {
      const delay = confirmedAfter[symbol] === undefined ? 8 : confirmedAfter[symbol];
      const closed = (clock.now() - day - (delay ?? Number.POSITIVE_INFINITY) * SECOND) / SLOT;
      const shown = slotsOf(day, day + Math.max(0, Math.min(480, Math.floor(closed))) * SLOT);
      return { candles: shown.map((slot) => makeCandle(slot)), absences: [], unreadable: [] };
    },
  };
  const status = () => ({ symbols: symbols.map((one) => ({ ...KEPT, ...one }) as SymbolStatus) });
  const ports = { clock, exchangeClock: clock, candles, status, requestDerivation, report };
  const running = requestDerivations(ports, { timeframes, market: 'swap', interval: '3m' }, stopping.signal);
  for (let second = 0; second < minutes * 60; second += 5) await clock.advance(5 * SECOND);
  stopping.abort();
  await running;
  return { requests, events };
}

test('a derivation is requested 15 seconds after each bar of each timeframe, once for two that close together', async () => {
  const { requests } = await requestsOf({ timeframes: [21, 60], from: 1, minutes: 130 });
  // 21, 42, 60, 63, 84, 105, 120 and 126 minutes.
  expect(requests).toEqual([21, 42, 60, 63, 84, 105, 120, 126].map((minute) => minute + 0.25));
  expect((await requestsOf({ timeframes: [60, 30], from: 1, minutes: 65 })).requests).toEqual([30.25, 60.25]);
});

test('the last bar of the day closes with the day', async () => {
  const { requests } = await requestsOf({ timeframes: [21], from: 23 * 60 + 50, minutes: 45 });
  // The 69th bar of 21 minutes is 12 minutes long and ends at midnight.
  expect(requests).toEqual([24 * 60, 24 * 60 + 21].map((minute) => minute + 0.25));
});

test('a request that fails is reported, and the next bar is requested as usual', async () => {
  const { requests, events } = await requestsOf({ timeframes: [21], from: 1, minutes: 45, failures: 1 });
  expect(requests).toHaveLength(2);
  expect(events.map(({ kind }) => kind)).toEqual(['derivation-not-requested']);
});

describe('a derivation of many symbols', () => {
  const at21 = { timeframes: [21], from: 1, minutes: 25 };
  const ETH = { symbol: 'ETH-USDT' };

  test('is requested when history has shown the last candle of each', async () => {
    const symbols = [{}, ETH];
    const slow = { ...at21, symbols, confirmedAfter: { 'ETH-USDT': 100 } };
    expect((await requestsOf(slow)).requests).toEqual([21 + 100 / 60]);
  });

  test('waits no longer than three minutes after the close', async () => {
    const never = { ...at21, symbols: [{}, ETH], confirmedAfter: { 'ETH-USDT': null } };
    expect((await requestsOf(never)).requests).toEqual([24]);
  });

  test('does not wait for symbols that are quiet, closed or refused', async () => {
    const exception = { state: 'delisted', reason: '' } as const;
    for (const other of [
      { ...ETH, quiet: true },
      { ...ETH, exception },
    ]) {
      const rig = { ...at21, symbols: [{}, other], confirmedAfter: { 'ETH-USDT': null } };
      expect((await requestsOf(rig)).requests).toEqual([21.25]);
    }
  });
});
