import { createMemoryStore, type MarketStreamEvent, MINUTE_MS } from '@candlelake/core';
import { expect, test } from 'vitest';
import { recordStream } from '../../../packages/core/src/stream/record.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';

const OPEN = Date.UTC(2026, 10, 22, 12, 0);

function update(openTime: number, volume: string, receivedAt: number): MarketStreamEvent {
  const values = { open: '100', high: '103', low: '99', close: '101.5', volume };
  return { kind: 'update', connection: 1, receivedAt, update: { symbol: 'BTC-USDT', openTime, ...values } };
}

test('a late update of a stored candle is stored, and its slot counts once', async () => {
  const clock = createManualClock(OPEN + MINUTE_MS + 1_000);
  const candles = createMemoryStore({ now: clock.now });
  await candles.writeSettings(lakeSettings({ interval: '1m', timeframes: [1] }));
  const stop = new AbortController();
  const stored: (readonly [closed: number, added: number])[] = [];
  const marketStream = {
    async *events() {
      yield update(OPEN, '1', OPEN + 59_000);
      yield update(OPEN + MINUTE_MS, '1', OPEN + MINUTE_MS + 300);
      await clock.settle();
      yield update(OPEN, '2', OPEN + MINUTE_MS + 600);
      await clock.settle();
      stop.abort();
    },
  };
  const ports = { clock, exchangeClock: exchangeClockOf(clock), marketStream, candles };
  await recordStream(
    ports,
    {
      market: 'spot',
      symbols: ['BTC-USDT'],
      interval: '1m',
      onEvent() {},
      onStored: (closed, added) => void stored.push([closed.length, added]),
    },
    stop.signal,
  );
  expect(stored).toEqual([
    [1, 1],
    [1, 0],
  ]);
  // Under its own market.
  const [series, ...others] = await candles.listSeries();
  expect(series).toMatchObject({ market: 'spot', symbol: 'BTC-USDT', firstSlot: OPEN });
  expect(others).toEqual([]);
});
