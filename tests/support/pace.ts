import { orderPause, type PaceLimits, type PaceStore, reservePlace } from '@candlelake/core';

/** Asks for a place for a request at the base pace. Returns 0, or the ms to wait. */
export function reserve(store: PaceStore, now: number, limits: PaceLimits): Promise<number> {
  return store.changePace((before) => {
    const { waitMs, state } = reservePlace(before, { now, route: '/candles', limits });
    return { state, result: waitMs };
  });
}

export function pause(store: PaceStore, now: number, until: number): Promise<void> {
  return store.changePace((state) => ({ state: orderPause(state, { now, until }), result: undefined }));
}
