import type { CandleValues, HttpGet, HttpResponse } from '@candlelake/core';
import { createRateLimit, type RateLimits } from '../../packages/exchange-sim/src/rateLimit.ts';
import type { ProcessClock } from '../simulation/machine/processClock.ts';
import type { VirtualTime } from '../simulation/virtualTime.ts';
import { plainValues } from '../support/fakeHistory.ts';
import { createDensity, type Density } from './density.ts';

export interface LimitedExchangeOptions {
  readonly time: VirtualTime;
  readonly symbols: readonly string[];
  readonly intervalMs: number;
  /** The limits of one address: all processes are on it. */
  readonly limits: RateLimits;
  /** From the start of a request until it arrives at the exchange, and again until its answer is back. */
  readonly oneWayMs: () => number;
  readonly valuesAt?: (openTime: number, symbol: string) => CandleValues | null;
}

/** An exchange whose REST interface counts, as recorded: docs/bingx.md, "REST candles" and "Rate limits". */
export interface LimitedExchange {
  connect(clock: ProcessClock): HttpGet;
  /** From now on other limits hold, in new windows. */
  setLimits(limits: RateLimits): void;
  /** Answers by verdict of the limit. */
  readonly verdicts: Map<string, number>;
  /** The end that each refusal announced, and the first good answer to any process after the refusal. */
  readonly recoveries: { readonly announcedEnd: number; answeredAt: number | null }[];
  /** Of all requests together. */
  readonly density: Density;
  /** Requests for candles. */
  readonly reads: { count: number };
}

const MAX_ROWS = 1000;

export function createLimitedExchange(options: LimitedExchangeOptions): LimitedExchange {
  const { time, oneWayMs } = options;
  const limitOf = (limits: RateLimits) =>
    createRateLimit(limits, {
      now: () => Math.floor(time.now()),
      monotonic: time.now,
      sleep: () => Promise.reject(new Error('the limit does not sleep')),
    });
  let limit = limitOf(options.limits);
  const exchange: LimitedExchange = {
    verdicts: new Map(),
    recoveries: [],
    density: createDensity([1_000, 10_000, 60_000]),
    reads: { count: 0 },
    setLimits(limits) {
      limit = limitOf(limits);
    },
    connect: (clock) => (address, signal) =>
      new Promise((resolve, reject) => {
        const abort = () => reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        clock.deliver(time.now() + oneWayMs(), () => {
          const answer = answerTo(new URL(address));
          clock.deliver(time.now() + oneWayMs(), () => {
            signal.removeEventListener('abort', abort);
            resolve(answer);
          });
        });
      }),
  };

  function answerTo(url: URL): HttpResponse {
    const now = Math.floor(time.now());
    exchange.density.add(now);
    const { verdict, headers } = limit(url.pathname);
    exchange.verdicts.set(verdict, (exchange.verdicts.get(verdict) ?? 0) + 1);
    if (verdict !== 'ok') {
      const announcedEnd = now + Number(headers['x-ratelimit-requests-expire']);
      exchange.recoveries.push({ announcedEnd, answeredAt: null });
      if (verdict !== 'limited') return { status: verdict === 'banned' ? 418 : 429, headers, body: '' };
      return envelope({ code: 100410, msg: 'over the limit, try again later', data: {} }, headers);
    }
    for (const open of exchange.recoveries.filter(({ answeredAt }) => answeredAt === null))
      open.answeredAt = now;
    return envelope({ code: 0, msg: '', data: dataOf(url, now) }, headers);
  }

  function dataOf(url: URL, now: number): unknown {
    if (url.pathname.endsWith('/server/time')) return { serverTime: Math.floor(now) };
    if (url.pathname.endsWith('/quote/contracts')) {
      return options.symbols.map((symbol) => ({ symbol, pricePrecision: 2, launchTime: 0, status: 1 }));
    }
    exchange.reads.count += 1;
    return rowsOf(options, url.searchParams, now);
  }

  return exchange;
}

/** Newest first, the open candle included. */
function rowsOf(
  { intervalMs, valuesAt = plainValues }: LimitedExchangeOptions,
  query: URLSearchParams,
  now: number,
) {
  const from = Number(query.get('startTime'));
  const newest = Math.min(Number(query.get('endTime')) - 1, now);
  const rows: (CandleValues & { readonly time: number })[] = [];
  for (let open = Math.floor(newest / intervalMs) * intervalMs; open >= from; open -= intervalMs) {
    const values = valuesAt(open, query.get('symbol')!);
    if (values) rows.push({ ...values, time: open });
    if (rows.length === MAX_ROWS) break;
  }
  return rows;
}

function envelope(body: object, headers: Readonly<Record<string, string>>): HttpResponse {
  return { status: 200, headers, body: JSON.stringify(body) };
}
