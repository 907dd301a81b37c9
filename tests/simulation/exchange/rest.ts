import { type HttpGet, type HttpResponse, RetryableError } from '@candlelake/core';
import type { FaultKind } from '../faultKinds.ts';
import type { ProcessClock } from '../machine/processClock.ts';
import { type Exchange, isListed } from './exchange.ts';
import { klineRows } from './klineRows.ts';

const TIMEOUT_MS = 10_000;
const BAN_TEXT = 'too many error requests, can retry after time:';
const SECOND = 1000;
const HOUR = 3_600_000;

export interface RestClient {
  readonly clock: ProcessClock;
  /** Requests of one address share the limits. */
  readonly address: string;
}

/** The exchange's REST interface for one process. Source: docs/bingx.md, "REST candles". */
export function createRest(exchange: Exchange, { clock, address }: RestClient): HttpGet {
  const { time, random, faults, requests } = exchange;
  return (href, signal) =>
    new Promise((resolve, reject) => {
      requests.sent(address);
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const finish = (delayMs: number, end: () => void) =>
        clock.deliver(time.now() + delayMs, () => {
          signal.removeEventListener('abort', abort);
          if (!signal.aborted) end();
        });
      // Half of the latency passes before the exchange looks at its books, half after.
      const latencyMs = 40 + random() * (faults.hit('history-slow') ? 8_000 : 400);
      clock.deliver(time.now() + latencyMs / 2, () => {
        const answer = answerTo(exchange, new URL(href));
        if (answer === null) finish(TIMEOUT_MS, () => reject(new RetryableError('nothing for 10 s')));
        else finish(latencyMs / 2, () => resolve(answer));
        const ban = faults.at('ban-until', time.now());
        if (answer !== null && ban && answer.body.includes(BAN_TEXT)) requests.refused(address, ban.to);
      });
    });
}

/** Null for no answer at all. */
function answerTo(exchange: Exchange, url: URL): HttpResponse | null {
  const { time, faults, random } = exchange;
  if (faults.hit('history-down')) return null;
  const failure = FAILURES.find(([kind]) => faults.hit(kind));
  if (failure) return failure[1];
  const ban = faults.hit('ban-until');
  if (ban) return code(109429, `${BAN_TEXT} ${Math.ceil(ban.to)}`);
  const isGarbage = faults.hit('history-garbage', { share: 0.5 }) !== null;
  if (isGarbage) return text(200, GARBAGE[Math.floor(random() * GARBAGE.length)]!);
  const remain = faults.hit('limit-headers') ? Math.floor(random() * 3) : 400;
  const headers = {
    date: new Date(time.now()).toUTCString(),
    'x-ratelimit-requests-remain': String(remain),
    'x-ratelimit-requests-expire': '10000',
  };
  return { ...dataOf(exchange, url), headers };
}

const FAILURES: readonly (readonly [FaultKind, HttpResponse])[] = [
  ['history-502', text(502, '<html>bad gateway</html>')],
  ['limit-429', text(429, '')],
  ['ban-418', text(418, '')],
  ['ban-403', text(403, 'forbidden')],
  ['limit-100410', code(100410, 'over 500 requests, try again later')],
];

const GARBAGE = ['', '{"code":', '[]', 'null', '{"code":0,"msg":"","data":7}', '{"code":0}'];

function dataOf(exchange: Exchange, url: URL): HttpResponse {
  const { time, faults } = exchange;
  if (url.pathname.endsWith('/server/time')) {
    const off = faults.hit('server-time-off');
    const errorMs = off ? SERVER_TIME_ERRORS[Math.floor(off.draw * SERVER_TIME_ERRORS.length)]! : 0;
    return code(0, '', { serverTime: Math.floor(time.now() + errorMs) });
  }
  if (url.pathname.endsWith('/quote/contracts')) return code(0, '', contracts(exchange));
  return klines(exchange, url.searchParams);
}

/** From half a minute to 30 days, before or after. */
const SERVER_TIME_ERRORS = [30 * SECOND, -45 * SECOND, HOUR, -HOUR, 8 * HOUR, 720 * HOUR, -24 * HOUR];

function contracts(exchange: Exchange) {
  const listed = [...exchange.books.values()].filter((book) => isListed(exchange, book, exchange.time.now()));
  const rows = listed.map(({ symbol, launchTime }) => ({ symbol, pricePrecision: 2, launchTime, status: 1 }));
  // A contract that the run does not follow: the list is never empty.
  return [...rows, { symbol: 'OTHER-USDT', pricePrecision: 4, launchTime: 0, status: 1 }];
}

function klines(exchange: Exchange, query: URLSearchParams): HttpResponse {
  const { books, faults, time } = exchange;
  const symbol = query.get('symbol') ?? '';
  const book = books.get(symbol);
  if (!book || !isListed(exchange, book, time.now())) {
    faults.hit('symbol-unlisted', { symbol });
    return code(109425, `${symbol} is not exist, please verify it in api`);
  }
  if (faults.hit('symbol-paused', { symbol })) return code(109415, `${symbol} is pause currently`);
  if (faults.hit('answers-empty')) return code(0, '', []);
  const [from, to] = [Number(query.get('startTime')), Number(query.get('endTime'))];
  return code(0, '', klineRows(exchange, book, { from, to }));
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: {}, body };
}

function code(number: number, msg: string, data: unknown = {}): HttpResponse {
  return text(200, JSON.stringify({ code: number, msg, data }));
}
