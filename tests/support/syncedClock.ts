import { type Clock, SyncedClock } from '@candlelake/core';

/** An exchange's clock that was just synced: it agrees with the given clock. */
export function createSyncedClock(clock: Clock): SyncedClock {
  const exchangeClock = new SyncedClock({ clock, report: () => {} });
  const at = clock.monotonic();
  exchangeClock.sync({ serverTime: clock.now(), sentAt: at, answeredAt: at, date: null });
  return exchangeClock;
}
