import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BadDataError,
  createHistory,
  createMemoryStore,
  type HistoryPage,
  type HistoryRequest,
  HOUR_MS,
  MINUTE_MS,
  type PaceLimits,
  type ReportedEvent,
  RetryableError,
  SECOND_MS,
  SymbolRefusedError,
  SyncedClock,
} from '../../../packages/core/src/index.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { createScriptedHttp, type ScriptedAnswer, type ScriptedRequest } from '../../support/scriptedHttp.ts';
import { swapSeries } from '../../support/swapSeries.ts';
import { createSyncedClock } from '../../support/syncedClock.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 20);
const FROM = Date.UTC(2026, 10, 22, 11);
const TO = Date.UTC(2026, 10, 22, 12);
const MAIN = 'https://main.test';
const FALLBACK = 'https://fallback.test';

const SERIES = swapSeries('BTC-USDT', '1m');
const REQUEST: HistoryRequest = { series: SERIES, from: FROM, to: TO, priority: 'live' };
/** Wide enough that these tests are about answers, not about the pace. */
const LIMITS: PaceLimits = [{ windowMs: 1_000, requests: 100 }];

const row = (time: number, close = '10', volume = '1') => ({
  open: '10',
  close,
  high: '11',
  low: '9',
  volume,
  time,
});
const ok = (data: unknown): ScriptedAnswer => ({ json: { code: 0, msg: '', data } });

function fetching(
  answer: (request: ScriptedRequest, index: number) => ScriptedAnswer,
  { limits = LIMITS, delayMs = (_: number): number => 0, isSynced = true } = {},
) {
  const clock = createManualClock(NOW);
  const { httpGet, requests } = createScriptedHttp(clock, answer, delayMs);
  const reported: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void reported.push(event);
  const exchangeClock = isSynced ? createSyncedClock(clock) : new SyncedClock({ clock, report });
  const history = createHistory({
    market: 'swap',
    httpGet,
    clock,
    exchangeClock,
    random: () => 0.5,
    pace: createMemoryStore({ now: clock.now }),
    limits,
    restUrl: `${MAIN}/`,
    fallbackUrl: FALLBACK,
    report,
  });
  const stop = new AbortController();
  /** Settles the call while the clock runs on for `ms`. */
  const during = async <T>(call: Promise<T>, ms = MINUTE_MS): Promise<T> => {
    call.catch(() => {});
    await clock.advance(ms);
    return call;
  };
  const read = (change: Partial<HistoryRequest> = {}) =>
    during(history.read({ ...REQUEST, ...change }, stop.signal));
  return { clock, exchangeClock, requests, reported, history, stop, during, read };
}

const openTimes = ({ rows }: HistoryPage) => rows.map(({ openTime }) => (openTime - FROM) / MINUTE_MS);

describe('a request', () => {
  test('names both bounds, the start a millisecond early, and asks for at most 1000 rows (trap 3) (trap 4) (trap 5) (predecessor fault 22)', async () => {
    const { requests, read } = fetching(() => ok([]));
    await read();
    expect(requests).toEqual([
      {
        host: MAIN,
        path: '/openApi/swap/v3/quote/klines',
        query: {
          symbol: 'BTC-USDT',
          interval: '1m',
          startTime: String(FROM - 1),
          endTime: String(TO),
          limit: '1000',
        },
        at: NOW,
      },
    ]);
  });

  test('spells an odd symbol so that it cannot become another parameter', async () => {
    const { requests, read } = fetching(() => ok([]));
    await read({ series: { ...SERIES, symbol: 'A&limit=1-USDT' } });
    expect(requests[0]!.query).toMatchObject({ symbol: 'A&limit=1-USDT', limit: '1000' });
  });
});

describe('a page', () => {
  test.each([
    ['newest first', (times: number[]) => times.toReversed()],
    ['oldest first', (times: number[]) => times],
    ['in any order', (times: number[]) => [times[2]!, times[0]!, times[3]!, times[1]!]],
    ['twice', (times: number[]) => [...times, ...times]],
  ])('of rows that come %s is ascending, one row per slot (trap 2)', async (_, order) => {
    const { read } = fetching(() => ok(order([0, 1, 2, 3]).map((slot) => row(FROM + slot * MINUTE_MS))));
    expect(openTimes(await read())).toEqual([0, 1, 2, 3]);
  });

  test('holds no row outside the range, also of a server that includes both ends (trap 5) (predecessor fault 23)', async () => {
    const { read } = fetching(() => ok([-2, -1, 0, 59, 60, 61].map((slot) => row(FROM + slot * MINUTE_MS))));
    expect(openTimes(await read())).toEqual([0, 59]);
  });

  test('of two views of one slot keeps the one with more volume', async () => {
    const views = [row(FROM, '10', '2'), row(FROM, '9.5', '10'), row(FROM, '9', '9')];
    for (const data of [views, views.toReversed()]) {
      const { read } = fetching(() => ok(data));
      expect((await read()).rows).toMatchObject([{ close: '9.5', volume: '10' }]);
    }
  });

  test('with the open candle in it hands it over as it is, and says when it was asked for (trap 1) (predecessor fault 1)', async () => {
    const open = row(TO, '10.5', '0.21');
    const { read } = fetching(() => ok([open, row(TO - MINUTE_MS)]), { delayMs: () => 3_000 });
    const page = await read({ to: TO + MINUTE_MS });
    expect(page.rows.at(-1)).toEqual({
      openTime: TO,
      open: '10',
      high: '11',
      low: '9',
      close: '10.5',
      volume: '0.21',
    });
    expect(page.observed).toBe(NOW);
  });

  test('without the newest candle is a page like any other (trap 6)', async () => {
    const polls = JSON.parse(
      readFileSync(
        new URL('../../fixtures/bingx/rest-klines-flapping-2025-03-30.json', import.meta.url),
        'utf8',
      ),
    ) as { latest_open: string }[];
    const newest = polls.map(({ latest_open }) => Date.parse(latest_open));
    const from = newest[0]! - 3 * HOUR_MS;
    const { read } = fetching((_, index) => {
      const rows = [];
      for (let time = newest[index]!; time >= from; time -= HOUR_MS) rows.push(row(time));
      return ok(rows);
    });
    const request = { series: { ...SERIES, interval: '1h' }, from, to: newest[0]! + HOUR_MS } as const;
    const lengths = [];
    for (const _ of polls) lengths.push((await read(request)).rows.length);
    expect(lengths).toEqual([4, 3, 3, 4]);
  });

  test.each([
    ['null', null],
    ['an empty object', {}],
    ['an empty array', []],
  ])('is empty when data is %s (trap 7) (predecessor fault 12)', async (_, data) => {
    const { read } = fetching(() => ok(data));
    expect(await read()).toEqual({ observed: NOW, rows: [], unreadable: [] });
  });

  test('keeps its good rows beside bad ones, which are reported once', async () => {
    const bad = [
      row(FROM + 1),
      { ...row(FROM), high: '1' },
      'row',
      row(TO + HOUR_MS),
      { ...row(FROM), low: '2' },
    ];
    const { read, reported } = fetching(() => ok([row(FROM + MINUTE_MS), ...bad, row(FROM)]));
    expect(openTimes(await read())).toEqual([0, 1]);
    expect(reported.map(({ kind, fields }) => [kind, fields?.what])).toEqual([
      ['bad-record', 'off the grid'],
      ['bad-record', 'high below low'],
      ['bad-record', 'wrong shape'],
      ['bad-record', 'in the future'],
    ]);
  });
});

test('nested JSON of 10 kB in a row does not cost the page', async () => {
  const nested = '['.repeat(5_000) + ']'.repeat(5_000);
  const body = (value: string) =>
    `{"code":0,"data":[${JSON.stringify(row(FROM))},${value},${JSON.stringify(row(FROM + MINUTE_MS))}]}`;
  for (const value of [nested, `{"time":${FROM + 2 * MINUTE_MS},"open":${nested}}`]) {
    const { read } = fetching(() => ({ body: body(value) }));
    expect(openTimes(await read())).toEqual([0, 1]);
  }
});

describe('the unreadable slots of a page', () => {
  const unreadable = async (data: unknown, change: Partial<HistoryRequest> = {}) =>
    (await fetching(() => ok(data)).read(change)).unreadable.map((slot) => (slot - FROM) / MINUTE_MS);
  const bad = (time: unknown) => ({ ...row(FROM), time, high: '1' });

  test('are none when all rows are good', async () => {
    expect(await unreadable([row(FROM), row(FROM + MINUTE_MS)])).toEqual([]);
  });

  test('are those of refused rows, and those that a time off the grid falls into, ascending and once', async () => {
    const off = [row(FROM + 9 * MINUTE_MS + SECOND_MS), row(FROM + 9 * MINUTE_MS - 2)];
    const data = [
      bad(FROM + 5 * MINUTE_MS),
      ...off,
      bad(FROM + 5 * MINUTE_MS),
      row(FROM),
      bad(FROM + 59_999),
    ];
    expect(await unreadable(data)).toEqual([5, 8, 9]);
  });

  test('are inside the range that was asked for', async () => {
    expect(await unreadable([bad(FROM - 1), bad(FROM), bad(TO - 1), bad(TO)])).toEqual([0, 59]);
  });

  test('hold no slot of which the answer has a good row too', async () => {
    expect(await unreadable([bad(FROM), row(FROM)])).toEqual([]);
  });

  test.each([
    ['null', null],
    ['a row that is no row', 'row'],
    ['no time', bad(undefined)],
    ['a time that is no number', bad('soon')],
    ['no time in an array', [null, 1, 2, 3, 4, 5]],
  ])('are all slots without a row when a row has %s for a time', async (_, odd) => {
    const good = Array.from({ length: 60 }, (_, slot) => row(FROM + slot * MINUTE_MS));
    expect(await unreadable([...good.slice(0, 7), odd, ...good.slice(9)])).toEqual([7, 8]);
  });

  test('are at most the newest 1000 of a range that one answer cannot fill', async () => {
    const slots = await unreadable([row(TO - MINUTE_MS), null], { from: TO - 5000 * MINUTE_MS });
    expect(slots).toEqual(Array.from({ length: 999 }, (_, index) => index - 940));
  });
});

describe('an answer that makes no sense', () => {
  test.each<[string, ScriptedAnswer]>([
    ['is no JSON', { body: '<html>502</html>' }],
    ['is cut', { body: '{"code":0,"msg":"","data":[{"open":"1' }],
    ['is empty', { body: '' }],
    ['is JSON without an envelope', { json: [1, 2] }],
    ['has no code', { json: { data: [] } }],
    ['has no data', { json: { code: 0, msg: '' } }],
    ['has a text as data', { json: { code: 0, msg: '', data: 'soon' } }],
    ['is a server error', { body: 'Internal Server Error', status: 500 }],
    ['is a redirect', { body: '', status: 302 }],
    ['is a server error around an envelope', { json: { code: 0, data: [] }, status: 502 }],
  ])('because it %s is asked for three times, then a RetryableError', async (_, answer) => {
    const { read, requests } = fetching(() => answer);
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RetryableError);
    expect((failure as Error).message).toContain('BTC-USDT');
    expect(requests.map(({ host }) => host)).toEqual([MAIN, MAIN, MAIN]);
  });

  test('is forgotten when the next one makes sense', async () => {
    const { read } = fetching((_, index) => (index === 0 ? { body: '<html>' } : ok([row(FROM)])));
    expect(openTimes(await read())).toEqual([0]);
  });
});

describe('a business error', () => {
  const refused = async (json: { code: number; msg: string; data?: unknown }, status = 200) => {
    const { read, requests, history, stop, during } = fetching(() => ({ json, status }));
    const failure = await read().catch((error: unknown) => error);
    const contracts = await during(history.contracts(stop.signal)).catch((error: unknown) => error);
    expect(requests.map(({ host }) => host)).toEqual([MAIN, MAIN]);
    expect((failure as Error).message).toMatch(new RegExp(`BTC-USDT.*${json.code}.*${json.msg}`));
    return { failure, contracts };
  };

  // Meanings of the codes: docs/bingx.md, "Errors"; texts of 109415, 109425 and 109400 as recorded there.
  test.each([
    [80015, 'dataType not support'],
    [100204, 'no such symbol'],
    [100421, 'This pair is currently restricted from API trading'],
    [100490, 'the trading pair is offline'],
    [101415, 'suspended'],
    [109415, 'NCFXEUR2USD-USDT is pause currently'],
    [109425, 'NOPE-USDT not exist, please verify it in api: /openApi/swap/v2/quote/contracts'],
    [109400, 'symbol: This field must end with -USDT or -USDC.'],
    [80014, 'invalid symbol'],
  ])('%i "%s" is about the symbol and certain (trap 26) (trap 27) (trap 35) (trap 41)', async (code, msg) => {
    const { failure, contracts } = await refused({ code, msg, data: {} });
    expect(failure).toBeInstanceOf(SymbolRefusedError);
    expect(failure).toMatchObject({ code, certain: true });
    expect(contracts).not.toBeInstanceOf(SymbolRefusedError);
  });

  test.each([
    [424242, 'new'],
    [100419, 'IP does not match IP whitelist'],
  ])('%i, which is in no table, is taken to be about the symbol and not certain', async (code, msg) => {
    const { failure, contracts } = await refused({ code, msg });
    expect(failure).toBeInstanceOf(SymbolRefusedError);
    expect(failure).toMatchObject({ code, certain: false });
    expect(contracts).not.toBeInstanceOf(SymbolRefusedError);
    expect(contracts).toBeInstanceOf(RetryableError);
  });

  test.each([
    [109400, 'invalid params'],
    [80014, 'invalid parameter'],
    [100400, 'this api is not exist'],
  ])('%i "%s" is about the request: BadDataError', async (code, msg) => {
    expect((await refused({ code, msg, data: {} })).failure).toBeInstanceOf(BadDataError);
  });

  test.each([
    [80012, 'service unavailable', 200],
    [100500, 'internal', 200],
    [101500, 'rpc timeout', 200],
    [109500, 'internal', 200],
    [100421, 'timestamp mismatch', 200],
    [424242, 'new', 503],
  ])(
    '%i "%s" with HTTP %i is about the service or the caller: RetryableError (predecessor fault 21)',
    async (code, msg, status) => {
      const { failure } = await refused({ code, msg }, status);
      expect(failure).toBeInstanceOf(RetryableError);
      expect(failure).not.toBeInstanceOf(SymbolRefusedError);
    },
  );
});

describe('a rate limit', () => {
  const envelopes = JSON.parse(
    readFileSync(new URL('../../fixtures/bingx/rest-error-envelopes.json', import.meta.url), 'utf8'),
  ) as { code: number; msg: string }[];
  const limits = envelopes.filter(({ code, msg }) => code === 100410 || /busy/.test(msg));

  test.each<[string, ScriptedAnswer, number]>([
    ...limits.map((json): [string, ScriptedAnswer, number] => [
      `${json.code} "${json.msg}"`,
      { json },
      MINUTE_MS,
    ]),
    ['HTTP 429', { body: 'Too Many Requests', status: 429 }, MINUTE_MS],
    ['HTTP 429 with Retry-After', { body: '', status: 429, headers: { 'retry-after': '7' } }, 7 * SECOND_MS],
    ['HTTP 418', { body: '', status: 418 }, 5 * MINUTE_MS],
    ['HTTP 403', { body: 'Forbidden', status: 403 }, 5 * MINUTE_MS],
    [
      'an expiry in epoch ms',
      { json: limits[0], headers: { 'x-ratelimit-requests-expire': String(NOW + 90_000) } },
      90_000,
    ],
    [
      'an expiry in epoch seconds',
      { json: limits[0], headers: { 'x-ratelimit-requests-expire': String(NOW / 1_000 + 90) } },
      90_000,
    ],
    [
      'an expiry as a duration in ms, as recorded (trap 39)',
      { json: limits[0], headers: { 'x-ratelimit-requests-expire': '9500' } },
      9_500,
    ],
    [
      'a code 109429 whose text names the end',
      { json: { code: 109429, msg: `too many errors, you can retry after time: ${NOW + 250_000}` } },
      250_000,
    ],
    [
      'a code 100410 whose text names the end',
      { json: { code: 100410, msg: `The endpoint is banned, can retry after time: ${NOW + 1_234_567}` } },
      1_234_567,
    ],
    [
      'HTTP 418 whose text names the end',
      { body: `banned; can retry after time:${NOW + 600_000}`, status: 418 },
      600_000,
    ],
    [
      'a text that names an end a day away',
      { json: { code: 109429, msg: `can retry after time: ${NOW + 24 * HOUR_MS}` } },
      HOUR_MS,
    ],
    [
      'a text that names an end in the past',
      { json: { code: 109429, msg: `can retry after time: ${NOW - 5_000}` } },
      1_000,
    ],
    ['a text that names no time', { json: { code: 109429, msg: 'can retry after time: 12' } }, MINUTE_MS],
    ['HTTP 418 with Retry-After', { body: '', status: 418, headers: { 'retry-after': '900' } }, 900_000],
    ['a Retry-After of a day', { body: '', status: 429, headers: { 'retry-after': '86400' } }, HOUR_MS],
    [
      'an expiry far away',
      { json: limits[0], headers: { 'x-ratelimit-requests-expire': String(NOW + HOUR_MS) } },
      5 * MINUTE_MS,
    ],
    [
      'an expiry in the past',
      { json: limits[0], headers: { 'x-ratelimit-requests-expire': '1600000000' } },
      1_000,
    ],
    [
      'an expiry in words',
      { json: limits[0], headers: { 'x-ratelimit-requests-expire': 'soon' } },
      MINUTE_MS,
    ],
  ])(
    'as %s stops everybody for its time and is thrown with it, unretried (trap 25) (trap 26)',
    async (_, answer, pauseMs) => {
      const { clock, requests, history, stop, reported } = fetching((_, index) =>
        index === 0 ? answer : ok([]),
      );
      const failure = history.read(REQUEST, stop.signal).catch((error: unknown) => error);
      await clock.settle();
      expect(await failure).toBeInstanceOf(RetryableError);
      expect(((await failure) as RetryableError).retryAfterMs).toBe(pauseMs);
      expect(reported).toMatchObject([{ kind: 'rate-limited', fields: { pauseMs } }]);
      const next = history.read(REQUEST, stop.signal);
      // Then half, as `random` says, of the 20 ms between two requests at half the pace.
      await clock.advance(pauseMs + 9);
      expect(requests).toHaveLength(1);
      await clock.advance(1);
      await next;
      expect(requests.map(({ host, at }) => [host, at - NOW])).toEqual([
        [MAIN, 0],
        [MAIN, pauseMs + 10],
      ]);
    },
  );

  test.each([
    [1, '0', 8_000],
    // Four are left of five in 8 s: 40 % of that is a request in 4 s.
    [1, '4', 4_000],
    [5, '4', 8_000],
    // Six in 8 s.
    [5, '5', 3_334],
    [5, '-1', 8_000],
  ])(
    'is kept away from: with %d requests allowed at once and %s that remain for 8 s the next is sent after %d ms (trap 25)',
    async (requestsAtOnce, remain, nextAt) => {
      const limits = [{ windowMs: 1_000, requests: requestsAtOnce }];
      const answer = (): ScriptedAnswer => ({
        json: { code: 0, data: [] },
        headers: {
          'x-ratelimit-requests-remain': remain,
          'x-ratelimit-requests-expire': String(NOW + 8_000),
        },
      });
      const { during, history, stop, requests, reported } = fetching(answer, { limits });
      await during(history.read(REQUEST, stop.signal), 0);
      await during(history.read(REQUEST, stop.signal), 8_000);
      expect(requests.map(({ at }) => at - NOW)).toEqual([0, nextAt]);
      expect(reported.filter(({ level }) => level !== 'debug')).toEqual([]);
    },
  );

  test('is kept away from by the recorded headers: 10 s of pause, not minutes (trap 39)', async () => {
    // Recorded: `expire` is the rest of a window of 10 s in ms. Source: docs/bingx.md, "Rate limits".
    const { during, history, stop, requests } = fetching((_, index) => ({
      json: { code: 0, data: [] },
      headers: {
        'x-ratelimit-requests-remain': index === 0 ? '0' : '499',
        'x-ratelimit-requests-expire': '10000',
      },
    }));
    for (let read = 0; read < 2; read++) await during(history.read(REQUEST, stop.signal), read * 10_000);
    expect(requests.map(({ at }) => at - NOW)).toEqual([0, 10_000]);
  });

  test('is never near: every try of every call passes the budget (predecessor fault 24)', async () => {
    const limits: PaceLimits = [{ windowMs: 5_000, requests: 1 }];
    const { during, history, stop, requests } = fetching(() => ({ body: 'oops', status: 500 }), { limits });
    await during(
      Promise.allSettled([
        history.read(REQUEST, stop.signal),
        history.contracts(stop.signal),
        history.syncClock(stop.signal),
      ]),
      5 * MINUTE_MS,
    );
    expect(requests).toHaveLength(9);
    expect(requests.map(({ at }) => at - NOW)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * 5_000));
  });
});

describe('the fallback host', () => {
  test('is asked after a network failure, and the main one again later', async () => {
    let down = true;
    const { read, requests, clock } = fetching(({ host }) =>
      down && host === MAIN ? 'no network' : ok([row(FROM)]),
    );
    await read();
    expect(requests.map(({ host }) => host)).toEqual([MAIN, FALLBACK]);
    down = false;
    await read();
    await clock.advance(5 * MINUTE_MS);
    await read();
    expect(requests.slice(2).map(({ host }) => host)).toEqual([FALLBACK, MAIN]);
  });

  test('is left when it fails as well; then a RetryableError after three tries', async () => {
    const { read, requests } = fetching(() => 'no network');
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RetryableError);
    expect((failure as Error).message).toContain('ECONNREFUSED');
    expect((failure as Error).cause).toBeInstanceOf(RetryableError);
    expect(requests.map(({ host }) => host)).toEqual([MAIN, FALLBACK, MAIN]);
  });

  test.each<[string, ScriptedAnswer]>([
    ['a business error', { json: { code: 109425, msg: 'no' } }],
    ['a rate limit', { json: { code: 100410, msg: 'slow' } }],
    ['a server error', { body: '', status: 503 }],
    ['a broken page', { body: '<html>' }],
  ])('is never asked after %s (trap 27)', async (_, answer) => {
    const { read, requests, clock } = fetching(() => answer);
    await read().catch(() => {});
    await clock.advance(HOUR_MS);
    await read().catch(() => {});
    expect(new Set(requests.map(({ host }) => host))).toEqual(new Set([MAIN]));
  });
});

describe('aborting', () => {
  test.each([
    ['in the queue', { pauseFirst: true, delayMs: 0 }],
    ['in the request', { pauseFirst: false, delayMs: 20_000 }],
  ])('%s ends the call at once with the signal’s reason', async (_, { pauseFirst, delayMs }) => {
    const { clock, history, stop, requests } = fetching(() => ok([]), {
      limits: [{ windowMs: MINUTE_MS, requests: 1 }],
      delayMs: () => delayMs,
    });
    if (pauseFirst) await history.read(REQUEST, stop.signal);
    const call = history.read(REQUEST, stop.signal).catch((error: unknown) => error);
    await clock.advance(100);
    stop.abort(new Error('stopped by hand'));
    expect(await call).toMatchObject({ message: 'stopped by hand' });
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
    expect(requests).toHaveLength(1);
  });

  test('between two tries ends the call at once, and a stop is no network failure', async () => {
    const { clock, history, stop, requests } = fetching(() => 'no network');
    const call = history.read(REQUEST, stop.signal).catch((error: unknown) => error);
    await clock.settle();
    expect(clock.sleeping()).toBe(1);
    stop.abort(new Error('stopped by hand'));
    expect(await call).toMatchObject({ message: 'stopped by hand' });
    expect(requests).toHaveLength(1);
  });
});

describe('the exchange clock', () => {
  const AHEAD = 12_345;
  /** A server that reads its clock in the middle of the request. */
  const serverTime = (clock: { now(): number }, delayMs: number) =>
    ok({ serverTime: clock.now() - delayMs / 2 + AHEAD });

  test('is the process clock until it was measured', () => {
    const { exchangeClock, clock } = fetching(() => ok(null), { isSynced: false });
    expect(exchangeClock.now()).toBe(clock.now());
  });

  test('is set by the middle of the fastest of three slow round trips', async () => {
    const delays = [4_000, 1_500, 3_000];
    const setting = fetching((_, index) => serverTimeOf(index), {
      delayMs: (index) => delays[index]!,
      isSynced: false,
    });
    const serverTimeOf = (index: number) =>
      // Slow ones read their clock at the very end: their middle is wrong by half their time.
      index === 1 ? serverTime(setting.clock, delays[1]!) : ok({ serverTime: setting.clock.now() + AHEAD });
    await setting.during(setting.history.syncClock(setting.stop.signal));
    expect(setting.requests.map(({ path }) => path)).toEqual(Array(3).fill('/openApi/swap/v2/server/time'));
    expect(setting.exchangeClock.now() - setting.clock.now()).toBe(AHEAD);
    expect(setting.reported).toMatchObject([{ level: 'warn', kind: 'clock', fields: { offsetMs: AHEAD } }]);
  });

  test('takes one request when the answer comes within a second, and gives whole milliseconds', async () => {
    const setting = fetching(() => ok({ serverTime: setting.clock.now() + 77 }), { delayMs: () => 101 });
    await setting.during(setting.history.syncClock(setting.stop.signal));
    expect(setting.requests).toHaveLength(1);
    expect(Number.isInteger(setting.exchangeClock.now())).toBe(true);
    // Half of the round trip of 101 ms belongs to the way back.
    expect(Math.abs(setting.exchangeClock.now() - setting.clock.now() - 77 - 50.5)).toBeLessThanOrEqual(0.5);
  });

  test('dates what is read by the moment of sending', async () => {
    const setting = fetching(({ path }) => (path.endsWith('time') ? serverTime(setting.clock, 0) : ok([])), {
      delayMs: (index) => index * 2_000,
    });
    await setting.during(setting.history.syncClock(setting.stop.signal), 0);
    const sent = setting.clock.now();
    expect((await setting.read()).observed).toBe(sent + AHEAD);
  });

  test.each([
    [null],
    [{}],
    [{ serverTime: 'noon' }],
    [{ serverTime: -1 }],
    [{ serverTime: 1e15 }],
    [{ serverTime: 1.5 }],
  ])('is not set by %j', async (data) => {
    const { history, exchangeClock, during, stop, clock } = fetching(() => ok(data), { isSynced: false });
    await expect(during(history.syncClock(stop.signal))).rejects.toBeInstanceOf(RetryableError);
    expect(exchangeClock.isSynced()).toBe(false);
    expect(exchangeClock.now()).toBe(clock.now());
  });

  test('reads the official sample', async () => {
    const envelopes = JSON.parse(
      readFileSync(new URL('../../fixtures/bingx/rest-error-envelopes.json', import.meta.url), 'utf8'),
    ) as { code: number; data?: object }[];
    const date = new Date(1675319535362).toUTCString();
    const { history, exchangeClock, during, stop } = fetching(() => ({
      json: envelopes.find(({ code }) => code === 0),
      headers: { date },
    }));
    await during(history.syncClock(stop.signal), 0);
    expect(exchangeClock.now()).toBe(1675319535362);
  });
});

describe('contracts', () => {
  test('come with precision and launch time, and null where these are missing', async () => {
    const { history, during, stop } = fetching(() =>
      ok([
        { symbol: 'BTC-USDT', pricePrecision: 1, launchTime: 1586275200000, status: 1, size: '0.0001' },
        { symbol: '1000PEPE-USDT', pricePrecision: 7, launchTime: 0, status: 25 },
        { symbol: '币安人生-USDT', pricePrecision: -1, launchTime: null },
      ]),
    );
    expect(await during(history.contracts(stop.signal))).toEqual([
      { symbol: 'BTC-USDT', pricePrecision: 1, launchTime: Date.UTC(2020, 3, 7, 16) },
      { symbol: '1000PEPE-USDT', pricePrecision: 7, launchTime: null },
      { symbol: '币安人生-USDT', pricePrecision: null, launchTime: null },
    ]);
  });

  test('that are bad are left out and reported', async () => {
    const bad = [
      null,
      'BTC-USDT',
      {},
      { symbol: 7 },
      { symbol: '' },
      { symbol: 'A B-USDT' },
      { symbol: 'A\n-USDT' },
    ];
    const { history, during, stop, reported } = fetching(() => ok([...bad, { symbol: 'ETH-USDT' }]));
    expect(await during(history.contracts(stop.signal))).toEqual([
      { symbol: 'ETH-USDT', pricePrecision: null, launchTime: null },
    ]);
    expect(reported).toMatchObject([{ kind: 'bad-record', fields: { what: 'wrong shape' } }]);
  });

  test.each([[[]], [null], [{}], [[{ symbol: 7 }]]])(
    'as %j are a broken answer: no exchange has none, and no symbol is unknown because of it',
    async (data) => {
      const { history, during, stop } = fetching(() => ok(data));
      await expect(during(history.contracts(stop.signal))).rejects.toBeInstanceOf(RetryableError);
    },
  );
});
