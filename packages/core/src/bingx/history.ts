import type { Series } from '../domain/candle/candle.ts';
import { compareDecimals } from '../domain/candle/decimal.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant, SECOND_MS } from '../domain/time/time.ts';
import type {
  Clock,
  ExchangeClock,
  History,
  HistoryRequest,
  HistoryRow,
  HttpGet,
  PaceLimits,
  PaceStore,
  Random,
  Report,
} from '../ports.ts';
import { createBadRecords } from './badRecords.ts';
import { createBudget } from './budget.ts';
import { parseContracts, parseServerTime } from './contracts.ts';
import { createHosts } from './hosts.ts';
import { parseKlineRows } from './parse.ts';
import { type Answered, createRequester } from './request.ts';

export interface HistoryOptions {
  readonly httpGet: HttpGet;
  readonly clock: Clock;
  readonly random: Random;
  readonly pace: PaceStore;
  readonly limits: PaceLimits;
  readonly restUrl: string;
  /** Used after network failures only. */
  readonly fallbackUrl?: string | undefined;
  readonly report: Report;
}

/** The documentation says 1440, but a live probe got 1000 rows for more: the newest ones, without an error. */
const ROWS_PER_REQUEST = 1000;

/** Half of this is the most by which the clock can then be wrong; the settle delay is ten times as long. */
const GOOD_ROUND_TRIP_MS = 1_000;
const CLOCK_SAMPLES = 3;

/** From here on the machine's clock is worth a word to the user. */
const CLOCK_WARNING_MS = 10 * SECOND_MS;

/**
 * The REST source of the swap market, and the exchange's clock by it: the process clock plus the offset that `syncClock` measured last (0 before).
 * `read`, `contracts` and `syncClock` throw RetryableError, BadDataError or the signal's reason. Source: BingX "Kline/Candlestick Data", v3.
 */
export function createHistory(options: HistoryOptions): History & ExchangeClock {
  const { httpGet, clock, random, report } = options;
  let offsetMs = 0;
  const exchangeTime = (time: number) => Math.floor(time + offsetMs);
  const exchangeClock: ExchangeClock = { now: () => exchangeTime(clock.now()) };
  const budget = createBudget({ pace: options.pace, clock, limits: options.limits, report });
  const hosts = createHosts(options.restUrl, options.fallbackUrl, clock);
  const request = createRequester({ httpGet, clock, exchangeClock, random, budget, hosts });
  const refuse = createBadRecords({ clock, report });

  const readServerTime = (signal: AbortSignal) =>
    request(
      {
        path: '/openApi/swap/v2/server/time',
        subject: 'server time',
        priority: 'live',
        parse: parseServerTime,
      },
      signal,
    );

  return {
    now: exchangeClock.now,
    async read({ series, from, to, priority }, signal) {
      const { value, sentAt } = await request(
        {
          path: '/openApi/swap/v3/quote/klines',
          query: klineQuery(series, from, to),
          subject: `candles of ${series.symbol} ${series.interval} from ${formatInstant(from)}`,
          priority,
          parse: (data) =>
            parseKlineRows(data, {
              intervalMs: intervalMs(series.interval),
              now: exchangeClock.now(),
              refuse,
            }),
        },
        signal,
      );
      const rows = ordered(value.rows, { from, to });
      const unreadable = unreadableSlots(value.refusedTimes, {
        rows,
        from,
        to,
        lengthMs: intervalMs(series.interval),
      });
      return { observed: exchangeTime(sentAt), rows, unreadable };
    },
    async contracts(signal) {
      const { value } = await request(
        {
          path: '/openApi/swap/v2/quote/contracts',
          subject: 'contracts',
          priority: 'live',
          parse: (data) => parseContracts(data, refuse),
        },
        signal,
      );
      return value;
    },
    async syncClock(signal) {
      let best = await readServerTime(signal);
      for (let sample = 1; sample < CLOCK_SAMPLES && roundTripMs(best) > GOOD_ROUND_TRIP_MS; sample++) {
        const next = await readServerTime(signal);
        if (roundTripMs(next) < roundTripMs(best)) best = next;
      }
      offsetMs = Math.round(best.value - (best.sentAt + best.answeredAt) / 2);
      report({
        level: Math.abs(offsetMs) >= CLOCK_WARNING_MS ? 'warn' : 'debug',
        kind: 'clock',
        message: `this machine's clock is ${Math.abs(offsetMs)} ms ${offsetMs > 0 ? 'behind' : 'ahead of'} the exchange's`,
        fields: { offsetMs, roundTripMs: roundTripMs(best) },
      });
    },
  };
}

function roundTripMs({ sentAt, answeredAt }: Answered<unknown>): number {
  return answeredAt - sentAt;
}

/** Both bounds always: a lone bound has given too few rows. One client sends the start a millisecond early, as if it were exclusive: that costs nothing. */
function klineQuery({ symbol, interval }: Series, from: number, to: number): Record<string, string | number> {
  return { symbol, interval, startTime: from - 1, endTime: to, limit: ROWS_PER_REQUEST };
}

/** Rows inside the range, ascending, one per open time: of two the one with more volume, which is the later view. */
function ordered(
  rows: readonly HistoryRow[],
  { from, to }: Pick<HistoryRequest, 'from' | 'to'>,
): HistoryRow[] {
  const bySlot = new Map<number, HistoryRow>();
  for (const row of rows) {
    if (row.openTime < from || row.openTime >= to) continue;
    const other = bySlot.get(row.openTime);
    if (!other || compareDecimals(row.volume, other.volume) > 0) bySlot.set(row.openTime, row);
  }
  return [...bySlot.values()].sort((a, b) => a.openTime - b.openTime);
}

/** Slots of the range that hold refused rows only. A row without a time may stand for any slot without a row that the answer reaches. */
function unreadableSlots(
  refusedTimes: readonly (EpochMs | null)[],
  { rows, from, to, lengthMs }: { rows: readonly HistoryRow[]; from: EpochMs; to: EpochMs; lengthMs: number },
): readonly EpochMs[] {
  if (refusedTimes.length === 0) return [];
  const slots = new Set<EpochMs>();
  for (const time of refusedTimes) if (time !== null) slots.add(time - (time % lengthMs));
  if (refusedTimes.includes(null)) {
    const reach = Math.max(from, to - ROWS_PER_REQUEST * lengthMs);
    for (let slot = reach; slot < to; slot += lengthMs) slots.add(slot);
  }
  for (const { openTime } of rows) slots.delete(openTime);
  return [...slots].filter((slot) => slot >= from && slot < to).sort((a, b) => a - b);
}
