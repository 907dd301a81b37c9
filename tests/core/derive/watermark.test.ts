import { type EpochMs, raiseWatermark } from '@candlelake/core';
import { expect, test } from 'vitest';

const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The watermark that is asked for with an exchange clock of this state; null when none is. */
async function raised(clock: { now: EpochMs; isSynced?: boolean; newestShown?: EpochMs | null }) {
  const asked: EpochMs[] = [];
  const exchangeClock = {
    now: () => clock.now,
    isSynced: () => clock.isSynced ?? true,
    shown() {},
    newestShown: () => clock.newestShown ?? null,
  };
  const derivation = {
    async advanceAsOf(asOf: EpochMs) {
      asked.push(asOf);
      return asOf;
    },
  };
  await raiseWatermark({ exchangeClock, derivation }, { interval: '1h', until: null });
  return asked[0] ?? null;
}

test('follows the exchange time while the exchange shows candles of it', async () => {
  expect(await raised({ now: NOON + 20_000, newestShown: NOON - HOUR })).toBe(NOON);
});

test('leads the newest candle that was shown by a day at most, whatever the time says (fault 17)', async () => {
  expect(await raised({ now: NOON + 30 * DAY, newestShown: NOON + 10_000 })).toBe(NOON + DAY);
});

test('stands still while the time is not reliable (fault 3)', async () => {
  expect(await raised({ now: NOON, isSynced: false, newestShown: NOON - HOUR })).toBeNull();
});
