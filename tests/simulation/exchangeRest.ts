import { type HttpGet, type HttpResponse, RetryableError } from '@candlelake/core';
import type { Book, BookValues } from './books.ts';
import type { ActiveFaults, FaultKind } from './faults.ts';
import type { ProcessClock } from './processClock.ts';
import type { VirtualTime } from './virtualTime.ts';

export interface RestOptions {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly faults: ActiveFaults;
  readonly books: ReadonlyMap<string, Book>;
  readonly intervalMs: number;
  readonly note: (event: string) => void;
  readonly counts: Map<string, number>;
}

const MAX_ROWS = 1000;
const TIMEOUT_MS = 10_000;
const SIX_HOURS_MS = 6 * 3_600_000;

type Row = BookValues & { readonly time: number };

/** The exchange's REST interface as recorded, with the faults of the plan, for one process. Source: docs/bingx.md, "REST candles". */
export function createRest(options: RestOptions, clock: ProcessClock): HttpGet {
  const { time, random } = options;
  return (address, signal) =>
    new Promise((resolve, reject) => {
      const url = new URL(address);
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const finish = (delayMs: number, end: () => void) =>
        clock.deliver(time.now() + delayMs, () => {
          signal.removeEventListener('abort', abort);
          if (!signal.aborted) end();
        });
      // Half of the latency passes before the exchange looks at its books, half after.
      const latencyMs = 40 + random() * 400;
      clock.deliver(time.now() + latencyMs / 2, () => {
        const answer = answerTo(options, url);
        if (answer === null) finish(TIMEOUT_MS, () => reject(new RetryableError('nothing for 10 s')));
        else finish(latencyMs / 2, () => resolve(answer));
      });
    });
}

/** Null for no answer at all. */
function answerTo(options: RestOptions, url: URL): HttpResponse | null {
  const { time, faults, random } = options;
  const now = time.now();
  const isOn = (kind: FaultKind) => {
    const isHit = faults.find(kind, now) !== null;
    if (isHit) count(options, kind);
    return isHit;
  };
  if (isOn('history-down')) return null;
  if (isOn('history-502')) return text(502, '<html>bad gateway</html>');
  if (isOn('limit-429')) return text(429, '');
  if (isOn('ban-418')) return text(418, '');
  if (isOn('ban-403')) return text(403, 'forbidden');
  if (isOn('limit-100410')) return code(100410, 'over 500 requests, try again later');
  const ban = faults.find('ban-until', now);
  if (ban && isOn('ban-until')) {
    return code(109429, `too many error requests, can retry after time: ${Math.ceil(ban.to)}`);
  }
  if (isOn('history-garbage') && random() < 0.5)
    return text(200, ['', '{"code":', '[]', 'null'][Math.floor(random() * 4)]!);
  if (url.pathname.endsWith('/server/time')) {
    const off = faults.find('server-time-off', now);
    if (off) count(options, 'server-time-off');
    return code(0, '', { serverTime: Math.floor(now + (off ? serverTimeError(off.draw) : 0)) });
  }
  if (url.pathname.endsWith('/quote/contracts')) return code(0, '', contracts(options, now));
  return klines(options, url, now);
}

/** From half a minute to 30 days, before or after. */
function serverTimeError(draw: number): number {
  const sizes = [30_000, -45_000, 3_600_000, -3_600_000, 8 * 3_600_000, 30 * 86_400_000, -86_400_000];
  return sizes[Math.floor(draw * sizes.length)]!;
}

function contracts({ books, faults }: RestOptions, now: number) {
  const listed = [...books.values()].filter(
    ({ symbol, launchTime, delistedAt }) =>
      launchTime <= now &&
      (delistedAt === null || now < delistedAt) &&
      faults.find('symbol-unlisted', now, symbol) === null,
  );
  const rows = listed.map(({ symbol, launchTime }) => ({ symbol, pricePrecision: 2, launchTime, status: 1 }));
  // A contract that the run does not follow: the list is never empty.
  return [...rows, { symbol: 'OTHER-USDT', pricePrecision: 4, launchTime: 0, status: 1 }];
}

function klines(options: RestOptions, url: URL, now: number): HttpResponse {
  const { books, faults, intervalMs, random } = options;
  const symbol = url.searchParams.get('symbol') ?? '';
  const book = books.get(symbol);
  const isGone = !book || (book.delistedAt !== null && now >= book.delistedAt) || now < book.launchTime;
  if (isGone || faults.find('symbol-unlisted', now, symbol)) {
    count(options, 'symbol-unlisted');
    return code(109425, `${symbol} is not exist, please verify it in api`);
  }
  if (faults.find('symbol-paused', now, symbol)) {
    count(options, 'symbol-paused');
    return code(109415, `${symbol} is pause currently`);
  }
  if (faults.find('answers-empty', now)) {
    count(options, 'answers-empty');
    return code(0, '', []);
  }
  const from = Math.max(Number(url.searchParams.get('startTime')), book.retentionStart);
  const to = Math.min(Number(url.searchParams.get('endTime')), now + 1);
  const rows: Row[] = [];
  for (
    let openTime = Math.floor((to - 1) / intervalMs) * intervalMs;
    openTime >= from;
    openTime -= intervalMs
  ) {
    const values = shownValues(options, book, openTime, now);
    if (values) rows.push({ ...values, time: openTime });
    if (rows.length === MAX_ROWS) break;
  }
  lie(options, rows, now);
  if (faults.find('rows-ascending', now)) rows.reverse();
  return code(0, '', rows.length === 1 && random() < 0.2 ? rows[0] : rows);
}

/** What this replica shows of a slot. */
function shownValues(options: RestOptions, book: Book, openTime: number, now: number): BookValues | null {
  const { faults, intervalMs, random } = options;
  const short = faults.find('replica-short', now);
  if (short && openTime < now - SIX_HOURS_MS && hit(options, 'replica-short')) return null;
  const holes = faults.find('replica-holes', now);
  if (holes && scatter(openTime / intervalMs, holes.draw) < 0.05 && hit(options, 'replica-holes'))
    return null;
  const isOld = faults.find('replica-old-values', now) && random() < 0.5;
  if (isOld && openTime + intervalMs <= now && hit(options, 'replica-old-values')) {
    return book.slot(openTime)?.rows[0]?.values ?? null;
  }
  return book.row(openTime, now);
}

/** Lies about the newest rows, and rows that cannot be read. Rows are newest first. */
function lie(options: RestOptions, rows: Row[], now: number): void {
  const { faults, random } = options;
  if (faults.find('newest-flips', now) && random() < 0.5 && hit(options, 'newest-flips')) rows.shift();
  const late = faults.find('replica-late', now);
  if (late && hit(options, 'replica-late')) rows.splice(0, 1 + Math.floor(late.draw * 10));
  const unreadable = faults.find('rows-unreadable', now);
  if (!unreadable) return;
  for (const [index, row] of rows.entries()) {
    if (scatter(row.time / options.intervalMs, unreadable.draw) >= 0.03) continue;
    hit(options, 'rows-unreadable');
    rows[index] =
      row.time % 2 === 0 && random() < 0.5
        ? { ...row, high: row.low, low: `${Number(row.high) + 1}` }
        : { ...row, time: row.time + 1000 };
  }
}

/** A number in [0, 1) that slot and draw decide. */
function scatter(slot: number, draw: number): number {
  const mixed = Math.imul(Math.floor(slot) ^ Math.floor(draw * 0x7fffffff), 0x9e3779b1);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
}

function hit(options: RestOptions, kind: FaultKind): true {
  count(options, kind);
  return true;
}

function count({ counts }: RestOptions, kind: FaultKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: {}, body };
}

function code(number: number, msg: string, data: unknown = {}): HttpResponse {
  return text(200, JSON.stringify({ code: number, msg, data }));
}
