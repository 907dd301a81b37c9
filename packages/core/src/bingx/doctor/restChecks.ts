import { checkCandleValues } from '../../domain/candle/candleCheck.ts';
import { jsonText } from '../../domain/jsonText.ts';
import { nearestNames } from '../../domain/nearestNames.ts';
import { intervalMs } from '../../domain/time/interval.ts';
import { DAY_MS, formatDate, MINUTE_MS, SECOND_MS } from '../../domain/time/time.ts';
import { exhaustedMs } from '../answer.ts';
import { readInteger } from '../jsonValues.ts';
import { type Check, type Finding, findingOf, formatMs, NotRunError, slotOf } from './check.ts';
import type { RawRow, RestSession } from './restSession.ts';

/** A wrong clock closes candles too early or too late. */
const CLOCK_LIMIT_MS = 2 * SECOND_MS;
/** The `Date` header has whole seconds. */
const DATE_LIMIT_MS = 5 * SECOND_MS;
const ASKED_ROWS = 1_440;
const EXPECTED_ROWS = 1_000;
/** Days back at which history is looked for. */
const DEPTHS = [1, 7, 30, 90, 180, 365, 730];

/** The checks of the REST side, in an order in which each finds what it needs. */
export const REST_CHECKS: readonly Check<RestSession>[] = [
  {
    name: 'REST host',
    assumption: 'REST candles',
    async run(session, signal) {
      const { host, failed } = await session.connect(signal);
      return { measured: `${host} answers`, problem: failed.length === 0 ? null : failed.join('; ') };
    },
  },
  {
    name: 'clock',
    assumption: 'Time',
    async run(session, signal) {
      const { time, middle, roundTripMs } = await session.serverTime(signal);
      const offset = middle - time;
      const side = offset < 0 ? 'behind' : 'ahead';
      const measured = `${formatMs(Math.abs(offset))} ${side}, round trip ${formatMs(roundTripMs)}`;
      const limit = CLOCK_LIMIT_MS + roundTripMs / 2;
      return findingOf(measured, [
        Math.abs(offset) > limit,
        "expected at most 2 s: set this machine's clock",
      ]);
    },
  },
  {
    name: 'server time',
    assumption: 'Time',
    async run(session, signal) {
      const { time, response } = await session.serverTime(signal);
      const date = Date.parse(response.headers.date ?? '');
      const apart = Math.abs(date - time);
      const measured = Number.isNaN(date) ? 'no Date header' : `${formatMs(apart)} from the Date header`;
      return findingOf(measured, [!(apart <= DATE_LIMIT_MS), 'expected at most 5 s between the two']);
    },
  },
  {
    name: 'contracts',
    assumption: 'Contracts and symbols',
    async run(session, signal) {
      let refused = 0;
      const { data } = await session.get(session.wire.contractsPath, signal);
      const listed = session.wire.parseContracts(data, () => void refused++).map(({ symbol }) => symbol);
      const missing = session.options.symbols.find((symbol) => !listed.includes(symbol));
      const nearest = missing === undefined ? [] : nearestNames(missing, listed, 3);
      return findingOf(
        `${listed.length} listed`,
        [missing !== undefined, `"${missing}" is not listed; the nearest: ${nearest.join(', ')}`],
        [refused > 0, `${refused} rows without a symbol of the known form`],
      );
    },
  },
  { name: 'row shape', assumption: 'REST candles', run: checkShape },
  {
    name: 'row order',
    assumption: 'REST candles',
    async run(session, signal) {
      const { rows } = await session.recentRows(signal);
      const times = rows.map(timeOf);
      const isDescending = times.every((time, row) => row === 0 || time < times[row - 1]!);
      const measured = isDescending ? 'newest first' : 'not newest first';
      return findingOf(measured, [!isDescending, 'expected newest first']);
    },
  },
  {
    name: 'open candle',
    assumption: 'REST candles',
    async run(session, signal) {
      const { rows, askedAt } = await session.recentRows(signal);
      const open = slotOf(askedAt, MINUTE_MS);
      const newest = Math.max(...rows.map(timeOf));
      const measured =
        newest >= open ? 'comes with the answer' : `newest row ${formatMs(open - newest)} older`;
      // In its first seconds the open candle may have no trade yet.
      const isDue = askedAt - open > 5 * SECOND_MS ? newest < open : newest < open - MINUTE_MS;
      return findingOf(measured, [isDue, 'expected the open candle as newest row']);
    },
  },
  {
    name: 'row cap',
    assumption: 'REST candles',
    async run(session, signal) {
      const to = slotOf(session.now(), MINUTE_MS);
      const from = to - ASKED_ROWS * MINUTE_MS;
      const { rows } = await session.klines({ interval: '1m', from, to, limit: ASKED_ROWS }, signal);
      const isNewest = Math.max(...rows.map(timeOf)) >= to - 5 * MINUTE_MS;
      return findingOf(
        `${rows.length} of ${ASKED_ROWS} rows asked for`,
        [
          rows.length < EXPECTED_ROWS,
          `expected ${EXPECTED_ROWS}: an answer has fewer rows than requests rely on`,
        ],
        [!isNewest, 'expected the newest rows of the range'],
      );
    },
  },
  {
    name: 'range',
    assumption: 'REST candles',
    async run(session, signal) {
      const to = slotOf(session.now(), MINUTE_MS) - 10 * MINUTE_MS;
      const from = to - 10 * MINUTE_MS;
      const { rows } = await session.klines({ interval: '1m', from, to }, signal);
      const times = new Set(rows.map(timeOf));
      const measured = `start ${times.has(from) ? 'inclusive' : 'exclusive'}, end ${times.has(to) ? 'inclusive' : 'exclusive'}`;
      return findingOf(
        measured,
        [times.has(to), 'expected the end to be exclusive'],
        [!times.has(from), 'expected the start to be inclusive; a quiet minute looks the same'],
      );
    },
  },
  { name: 'retention', assumption: 'Holes and retention', run: checkRetention },
  {
    name: 'rate limit',
    assumption: 'Rate limits',
    async run(session, signal) {
      const { response } = await session.recentRows(signal);
      const remain = readInteger(response.headers['x-ratelimit-requests-remain']);
      const expire = response.headers['x-ratelimit-requests-expire'];
      const measured =
        remain === null ? 'no headers' : `${remain} requests left, window ${expire ?? 'unknown'}`;
      return findingOf(
        measured,
        [remain === null, 'expected X-RateLimit-Requests-Remain with the answer about candles'],
        [exhaustedMs(response, session.now(), 2) > 0, 'expected more requests to be left for this address'],
      );
    },
  },
];

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

async function checkShape(session: RestSession, signal: AbortSignal): Promise<Finding> {
  const { rows } = await session.recentRows(signal);
  if (rows.length === 0) throw new NotRunError('no rows of the last half hour');
  const { valueType } = session.wire;
  const isTyped = rows.every((row) => FIELDS.every((field) => typeof row[field] === valueType));
  const onGrid = rows.every((row) => timeOf(row) % MINUTE_MS === 0);
  const bad = rows.filter(
    ({ open, high, low, close, volume }) =>
      typeof checkCandleValues({ open, high, low, close, volume }) === 'string',
  );
  const keys = Object.keys(rows[0]!).join(', ');
  return findingOf(
    `${rows.length} rows of ${keys}`,
    [!isTyped, `expected prices and volume as ${valueType === 'string' ? 'decimal text' : 'numbers'}`],
    [!onGrid, 'expected "time" to be the open time on the grid'],
    [bad.length > 0, `${bad.length} rows are no candles, the first ${jsonText(bad[0]).slice(0, 120)}`],
  );
}

async function checkRetention(session: RestSession, signal: AbortSignal): Promise<Finding> {
  const { interval, historyDays } = session.options;
  const lengthMs = intervalMs(interval);
  let reached = 0;
  for (const days of [...new Set([...DEPTHS, historyDays])].sort((a, b) => a - b)) {
    if (days === 0) continue;
    const from = slotOf(session.now() - days * DAY_MS, lengthMs);
    const { rows } = await session.klines({ interval, from, to: from + 10 * lengthMs }, signal);
    if (rows.length === 0) break;
    reached = days;
  }
  const since = formatDate(session.now() - reached * DAY_MS);
  const measured = `candles of ${interval} from ${since} (${reached} days) at least`;
  return findingOf(measured, [reached < historyDays, `expected the ${historyDays} days of --history-days`]);
}

function timeOf(row: RawRow): number {
  return readInteger(row.time) ?? Number.NaN;
}
