import type { Market } from '../domain/candle/candle.ts';
import { compareDecimals } from '../domain/candle/decimal.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type {
  Clock,
  ExchangeClock,
  History,
  HistoryPage,
  HistoryRequest,
  HistoryRow,
  HttpGet,
  PaceLimits,
  PaceStore,
  Random,
  Report,
} from '../ports.ts';
import type { SyncedClock } from '../waiting/exchangeClock.ts';
import { createBadRecords, type Refuse } from './badRecords.ts';
import { parseServerTime } from './contracts.ts';
import { type ParsedKlines, parseKlineRows } from './klines.ts';
import { MARKET_WIRES, SERVER_TIME_PATH } from './markets.ts';
import { RequestBudget } from './pace/budget.ts';
import { type Answered, createHosts, createRequester, type Requester, type RestRequest } from './request.ts';

export interface HistoryOptions {
  readonly market: Market;
  readonly httpGet: HttpGet;
  readonly clock: Clock;
  readonly exchangeClock: SyncedClock;
  readonly random: Random;
  readonly pace: PaceStore;
  /** As the budget's: {@link RequestBudget}. */
  readonly limits: PaceLimits;
  readonly mostPerSecond?: number | undefined;
  readonly longestWaitMs?: number | undefined;
  readonly restUrl: string;
  /** Used after network failures only. */
  readonly fallbackUrl?: string | undefined;
  readonly report: Report;
}

/** As many requests under way use up a rate of 25 a second with answers after 0.6 s. */
const MOST_AT_ONCE = 16;

/**
 * The documentation allows 1440, but the exchange has answered such a request with the newest 1000 rows and
 * no error.
 */
const ROWS_PER_REQUEST = 1000;

/** The measured time is wrong by at most half a round trip; the settle delay is ten times that. */
const GOOD_ROUND_TRIP_MS = 1_000;
const CLOCK_SAMPLES = 3;

/**
 * The REST source of one market, which keeps the exchange's clock. `read` syncs the clock first when it
 * cannot be relied on: what is final depends on the time. `read`, `contracts` and `syncClock` throw
 * RetryableError, BadDataError or the signal's reason. Source: BingX "Kline/Candlestick Data", v3.
 */
export function createHistory(options: HistoryOptions): History {
  const { market, clock, report, exchangeClock } = options;
  const { klinesPath, contractsPath: path, parseContracts } = MARKET_WIRES[market];
  const budget = new RequestBudget(options);
  const hosts = createHosts(options.restUrl, options.fallbackUrl, clock);
  const request = createRequester({ ...options, budget, hosts });
  const refuse = createBadRecords({ clock, report });
  const syncClock = async (signal: AbortSignal): Promise<void> => {
    const { value: serverTime, ...sample } = await sampleServerTime(request, signal);
    exchangeClock.sync({ serverTime, ...sample });
  };
  return {
    market,
    syncClock,
    concurrency: () => Math.min(MOST_AT_ONCE, budget.burst(klinesPath)),
    async read(asked, signal) {
      if (!exchangeClock.isSynced()) await syncClock(signal);
      const { value, sentAt } = await request(klineRequest(asked, exchangeClock, refuse), signal);
      if (!exchangeClock.isSynced())
        throw new RetryableError("this machine's clock jumped during the request");
      const page = pageOf(value, asked);
      const newest = page.rows.at(-1);
      if (newest) exchangeClock.shown(newest.openTime);
      return { observed: exchangeClock.at(sentAt), ...page };
    },
    async contracts(signal) {
      const parse = (data: unknown) => parseContracts(data, refuse);
      return (await request({ path, subject: 'contracts', priority: 'live', parse }, signal)).value;
    },
  };
}

/**
 * Always both bounds: with one bound the exchange has answered too few rows. `startTime` is one millisecond
 * early in case it is exclusive.
 */
function klineRequest(
  { series, from, to, priority }: HistoryRequest,
  exchangeClock: ExchangeClock,
  refuse: Refuse,
): RestRequest<ParsedKlines> {
  const { market, symbol, interval } = series;
  const { klinesPath, klinesQuery } = MARKET_WIRES[market];
  const lengthMs = intervalMs(interval);
  return {
    path: klinesPath,
    query: { symbol, interval, startTime: from - 1, endTime: to, limit: ROWS_PER_REQUEST, ...klinesQuery },
    subject: `candles of ${symbol} ${interval} from ${formatInstant(from)}`,
    aboutSymbol: true,
    priority,
    parse: (data) => parseKlineRows(data, { intervalMs: lengthMs, now: exchangeClock.now(), refuse }),
  };
}

function pageOf(
  { rows, refusedTimes }: ParsedKlines,
  { series, from, to }: HistoryRequest,
): Omit<HistoryPage, 'observed'> {
  const bySlot = rowsBySlot(rows.filter(({ openTime }) => openTime >= from && openTime < to));
  const lengthMs = intervalMs(series.interval);
  const unreadable = new Set<EpochMs>();
  for (const time of refusedTimes) if (time !== null) unreadable.add(time - (time % lengthMs));
  if (refusedTimes.includes(null)) {
    // The row may belong to any slot that the answer reaches.
    const reach = Math.max(from, to - ROWS_PER_REQUEST * lengthMs);
    for (let slot = reach; slot < to; slot += lengthMs) unreadable.add(slot);
  }
  return {
    rows: [...bySlot.values()].sort((a, b) => a.openTime - b.openTime),
    unreadable: [...unreadable]
      .filter((slot) => slot >= from && slot < to && !bySlot.has(slot))
      .sort((a, b) => a - b),
  };
}

/** One row per open time: of two rows the one with more volume, which is the later view. */
function rowsBySlot(rows: readonly HistoryRow[]): ReadonlyMap<EpochMs, HistoryRow> {
  const bySlot = new Map<EpochMs, HistoryRow>();
  for (const row of rows) {
    const other = bySlot.get(row.openTime);
    if (!other || compareDecimals(row.volume, other.volume) > 0) bySlot.set(row.openTime, row);
  }
  return bySlot;
}

/**
 * Reads the server time until a round trip is short enough, a few times at most; returns the sample with the
 * shortest one.
 */
async function sampleServerTime(request: Requester, signal: AbortSignal): Promise<Answered<EpochMs>> {
  const sample = () =>
    request(
      { path: SERVER_TIME_PATH, subject: 'server time', priority: 'live', parse: parseServerTime },
      signal,
    );
  let best = await sample();
  for (let samples = 1; samples < CLOCK_SAMPLES && roundTripMs(best) > GOOD_ROUND_TRIP_MS; samples++) {
    const next = await sample();
    if (roundTripMs(next) < roundTripMs(best)) best = next;
  }
  return best;
}

function roundTripMs({ sentAt, answeredAt }: Answered<unknown>): number {
  return answeredAt - sentAt;
}
