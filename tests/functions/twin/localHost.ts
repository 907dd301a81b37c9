import {
  createCollector,
  createLakeWriter,
  createMemoryObjects,
  createMemoryStore,
  DerivationLoop,
  type EpochMs,
  lakeSettingsOf,
  type ObjectStore,
  type Settings,
} from '@candlelake/core';
import { createLeapingClock } from '../../cost/leapingClock.ts';
import { encode } from '../../support/encoder.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createTwinHistory, createTwinMarket, type Faults, SYMBOLS } from './exchange.ts';

export interface Run {
  readonly settings: Settings;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly faults: Faults;
}

/**
 * The local host on memory adapters, without interruption: one store, one derivation loop. Returns the lake.
 */
export async function runLocalHost({ settings, start, end, faults }: Run): Promise<ObjectStore> {
  const clock = createLeapingClock(start);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettingsOf(settings));
  const objects = createMemoryObjects();
  const report = () => {};
  const shared = { clock, candles: store, derivation: store, report };
  const writer = createLakeWriter({ ...shared, objects, encode, yieldToHost: async () => {} });
  const lake = new DerivationLoop({ ...shared, writer });
  const stream = createCollector(
    {
      ...shared,
      lake,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: exchangeClockOf(clock),
      history: createTwinHistory(clock, faults),
      marketStream: createTwinMarket(clock, faults),
      flushLimit: () => new AbortController().signal,
    },
    { ...settings, symbols: SYMBOLS, until: null },
  );
  const stop = new AbortController();
  const keeping = lake.run(stop.signal).catch(() => {});
  const running = stream.run(stop.signal);
  await clock.leapTo(end);
  stop.abort();
  await Promise.all([running, keeping]);
  return objects;
}
