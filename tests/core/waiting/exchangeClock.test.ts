import { HOUR_MS, MINUTE_MS, type ReportedEvent, RetryableError, SyncedClock } from '@candlelake/core';
import { expect, test } from 'vitest';

const NOW = Date.UTC(2026, 10, 20, 12, 0, 30);

/** A machine whose wall clock and monotonic clock are moved by hand, and an exchange clock on it. */
function machine(wallErrorMs = 0) {
  let passed = 0;
  let error = wallErrorMs;
  const clock = {
    now: () => NOW + passed + error,
    monotonic: () => 5_000 + passed,
    sleep: () => Promise.resolve(),
  };
  const reported: ReportedEvent[] = [];
  const exchangeClock = new SyncedClock({ clock, report: (event) => void reported.push(event) });
  /** A round trip of no time at the present moment. */
  const sample = (serverTime: number, date: number | null = null) => ({
    ...{ serverTime, date },
    ...{ sentAt: clock.monotonic(), answeredAt: clock.monotonic() },
  });
  return {
    ...{ exchangeClock, reported, sample },
    /** True time goes on. */
    pass(ms: number) {
      passed += ms;
    },
    /** The wall clock is set. */
    step(ms: number) {
      error += ms;
    },
    truth: () => NOW + passed,
  };
}

test('a wall clock that is set right after the sync does not move the exchange time, and asks for a new sync', () => {
  const { exchangeClock, sample, step, pass, truth } = machine(-8 * HOUR_MS);
  exchangeClock.sync(sample(truth(), truth()));
  pass(20_000);
  step(8 * HOUR_MS);
  expect(exchangeClock.now()).toBe(truth());
  expect(exchangeClock.isSynced()).toBe(false);
  exchangeClock.sync(sample(truth(), truth()));
  expect(exchangeClock.isSynced()).toBe(true);
  expect(exchangeClock.now()).toBe(truth());
});

test('a machine that slept an hour is not synced any more: its monotonic clock stood still', () => {
  const { exchangeClock, sample, step } = machine();
  exchangeClock.sync(sample(NOW));
  // As seen from the process, the wall clock jumps.
  step(HOUR_MS);
  expect(exchangeClock.isSynced()).toBe(false);
});

test('a slewed wall clock is no jump', () => {
  const { exchangeClock, sample, step, pass } = machine();
  exchangeClock.sync(sample(NOW));
  pass(10 * MINUTE_MS);
  step(300);
  expect(exchangeClock.isSynced()).toBe(true);
});

test.each([
  ['30 days ahead', 30 * 24 * HOUR_MS],
  ['in the year 2099', Date.UTC(2099, 0, 1) - NOW],
  ['an hour behind', -HOUR_MS],
  ['three minutes ahead', 3 * MINUTE_MS],
])('a first server time %s of everything else is refused and changes nothing', (_, errorMs) => {
  const { exchangeClock, sample, truth } = machine();
  expect(() => exchangeClock.sync(sample(truth() + errorMs, truth()))).toThrow(RetryableError);
  expect(() => exchangeClock.sync(sample(truth() + errorMs))).toThrow(/server time .* is refused/);
  expect(exchangeClock.isSynced()).toBe(false);
  expect(exchangeClock.now()).toBe(truth());
});

test('a later absurd server time keeps the time of the last sync', () => {
  const { exchangeClock, sample, truth, pass } = machine();
  exchangeClock.sync(sample(truth()));
  pass(10 * MINUTE_MS);
  expect(() => exchangeClock.sync(sample(truth() + 30 * 24 * HOUR_MS, truth()))).toThrow(RetryableError);
  expect(exchangeClock.now()).toBe(truth());
  expect(exchangeClock.isSynced()).toBe(true);
});

test('a wrong wall clock is overruled by a server time that the date of its answer confirms, with a warning', () => {
  const { exchangeClock, sample, truth, reported } = machine(-8 * HOUR_MS);
  expect(() => exchangeClock.sync(sample(truth()))).toThrow(RetryableError);
  exchangeClock.sync(sample(truth() + 400, truth() - (truth() % 1000)));
  expect(exchangeClock.now()).toBe(truth() + 400);
  expect(reported).toMatchObject([{ level: 'warn', kind: 'clock', fields: { offsetMs: 8 * HOUR_MS + 400 } }]);
});

test('the candle that was shown last confirms a server time, a candle of another time does not', () => {
  const { exchangeClock, sample, truth } = machine(-8 * HOUR_MS);
  exchangeClock.shown(truth() - 5 * HOUR_MS);
  expect(() => exchangeClock.sync(sample(truth()))).toThrow(RetryableError);
  exchangeClock.shown(truth() - 2 * MINUTE_MS);
  exchangeClock.sync(sample(truth()));
  expect(exchangeClock.now()).toBe(truth());
  expect(exchangeClock.newestShown()).toBeNull();
  exchangeClock.shown(truth() - 2 * MINUTE_MS);
  exchangeClock.shown(truth() - 9 * 24 * HOUR_MS);
  // A backfill shows old candles after new ones.
  expect(exchangeClock.newestShown()).toBe(truth() - 2 * MINUTE_MS);
});

test('the server time belongs to the middle of the round trip', () => {
  const { exchangeClock, pass, truth } = machine();
  pass(600);
  exchangeClock.sync({ serverTime: NOW + 350, sentAt: 5_000, answeredAt: 5_600, date: null });
  expect(exchangeClock.now()).toBe(truth() + 50);
  expect(exchangeClock.at(5_000)).toBe(NOW + 50);
});
