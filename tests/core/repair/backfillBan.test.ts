import {
  createHistory,
  createMemoryStore,
  INITIAL_LAKE_STATUS,
  MINUTE_MS,
  type PaceLimits,
  runBackfill,
  SyncedClock,
} from '@candlelake/core';
import { expect, it } from 'vitest';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { createScriptedHttp, type ScriptedRequest } from '../../support/scriptedHttp.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const FROM = Date.UTC(2026, 10, 20);
const TO = Date.UTC(2026, 10, 21);
const SLOT_MS = 3 * MINUTE_MS;
const LIMITS: PaceLimits = [{ windowMs: 1_000, requests: 1 }];
const BAN_MS = 40 * MINUTE_MS;

function klines({ query }: ScriptedRequest) {
  const rows = [];
  for (let time = FROM; time < TO; time += SLOT_MS)
    if (time >= Number(query.startTime) && time < Number(query.endTime))
      rows.push({ time, open: '10', high: '11', low: '9', close: '10', volume: '1' });
  return rows;
}

// Texts as two public clients parse them: docs/bingx.md, "Errors".
it.each([
  [109429, 'code:109429:The number of errors exceeds the limit, can retry after time: '],
  [
    100410,
    'code:100410:The endpoint trigger frequency limit rule is currently in the disabled period and will be unblocked after , can retry after time: ',
  ],
])(
  'a backfill that meets a ban by %i asks nothing until its end and then settles (trap 25)',
  async (code, text) => {
    const clock = createManualClock(NOW);
    const store = createMemoryStore({ now: clock.now });
    await store.writeSettings(lakeSettings());
    let bannedUntil = 0;
    const { httpGet, requests } = createScriptedHttp(clock, (request) => {
      if (request.path.endsWith('/contracts')) return { json: { code: 0, data: [{ symbol: 'BTC-USDT' }] } };
      if (request.path.endsWith('/time')) return { json: { code: 0, data: { serverTime: clock.now() } } };
      bannedUntil ||= clock.now() + BAN_MS;
      if (clock.now() < bannedUntil) return { json: { code, msg: `${text}${bannedUntil}`, data: {} } };
      return { json: { code: 0, msg: '', data: klines(request) } };
    });
    const shared = { httpGet, clock, random: () => 0.5, yieldToHost: async () => {}, report: () => {} };
    const exchangeClock = new SyncedClock(shared);
    const paced = { ...shared, exchangeClock, pace: store, limits: LIMITS };
    const history = createHistory({ market: 'swap', ...paced, restUrl: 'https://main.test' });
    const lake = { request: () => {}, flush: async () => {}, status: () => INITIAL_LAKE_STATUS };
    const signal = new AbortController().signal;
    const ports = { ...shared, history, exchangeClock, candles: store, derivation: store, lake };
    const options = { symbols: ['BTC-USDT'], interval: '3m', from: FROM, to: TO } as const;
    const work = runBackfill({ ...ports, flushLimit: () => signal }, options, signal);
    work.catch(() => {});
    await clock.advance(BAN_MS + 5 * MINUTE_MS);
    expect(await work).toEqual({ settled: true });
    const asked = requests.filter(({ path }) => path.endsWith('/klines')).map(({ at }) => at);
    expect(asked.filter((at) => at < bannedUntil)).toHaveLength(1);
    expect(asked[1]).toBeLessThan(bannedUntil + 2_000);
  },
);
