import { createMemoryStore, registerSymbols } from '@candlelake/core';
import { expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createManualClock } from '../../support/manualClock.ts';

/** As many as BingX lists (docs/bingx.md, "Contracts and symbols"). */
const SYMBOLS = Array.from({ length: 1269 }, (_, index) => `S${index}-USDT`);

function world() {
  const clock = createManualClock(Date.UTC(2026, 10, 22));
  const store = createMemoryStore({ now: clock.now });
  const history = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  history.contracts = async () => SYMBOLS.map((symbol) => ({ symbol, pricePrecision: 2, launchTime: 1 }));
  const counts = { writes: 0, inTurn: 0, mostInTurn: 0 };
  const { describeSeries } = store;
  store.describeSeries = async (...contract) => {
    counts.writes += 1;
    counts.mostInTurn = Math.max(counts.mostInTurn, ++counts.inTurn);
    await describeSeries(...contract);
  };
  const stop = new AbortController();
  const yieldToHost = async () => {
    counts.inTurn = 0;
    if (counts.writes === 700) stop.abort(new Error('stopped'));
  };
  const ports = { clock, exchangeClock: clock, random: () => 0.5, history, candles: store, yieldToHost };
  const register = (signal = new AbortController().signal) =>
    registerSymbols({ ...ports, report: () => {} }, { symbols: SYMBOLS, interval: '3m' }, signal);
  return { store, history, counts, stop, register };
}

it('a first start with all symbols lets the host run before each write', async () => {
  const { store, counts, register } = world();
  expect(await register()).toEqual([]);
  expect(await store.listSeries()).toHaveLength(SYMBOLS.length);
  expect(counts).toMatchObject({ writes: SYMBOLS.length, mostInTurn: 1 });
});

it('a first start with all symbols can be stopped between two writes', async () => {
  const { counts, stop, register } = world();
  await expect(register(stop.signal)).rejects.toThrow('stopped');
  expect(counts.writes).toBe(700);
});

it('a contract that is launched within a slot is expected from the start of the slot on', async () => {
  const { store, history, register } = world();
  const slot = Date.UTC(2026, 10, 21, 12);
  history.contracts = async () =>
    SYMBOLS.map((symbol, index) => ({ symbol, pricePrecision: 2, launchTime: slot + index }));
  await register();
  const launches = new Set((await store.listSeries()).map(({ launchTime }) => launchTime));
  expect([...launches]).toEqual([slot]);
});
