import { SETTLE_DELAY_MS } from '../../domain/candle/closing.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time/time.ts';
import { isObject, readInteger } from '../jsonValues.ts';
import { type Check, type Finding, findingOf, formatMs, NotRunError } from './check.ts';
import type { RestSession } from './restSession.ts';
import type { ProbedFrame, StreamProbe } from './streamProbe.ts';

export interface StreamContext {
  readonly probe: StreamProbe;
  readonly rest: RestSession;
}

const NO_TOPIC = 80015;
/** Pushes come on change, up to 1.9 s apart; a quiet symbol sends nothing. */
const FIRST_PUSH_MS = 20 * SECOND_MS;
const EXPECTED_PUSH_MS = 5 * SECOND_MS;
const PING_MS = 5 * SECOND_MS;
/** Recorded periods are 4.7 to 5.3 s. */
const PING_TOLERANCE_MS = SECOND_MS;
/** Longer than three pings. */
const PINGS_MS = 4 * PING_MS;
/** The part of the volume by which the stream may differ from history. */
const VOLUME_TOLERANCE = 0.01;
/** History shows a closed candle whole after this time. */
const HISTORY_DELAY_MS = 10 * SECOND_MS;

/** The checks of the stream, in order: each uses what came before. */
export const STREAM_CHECKS: readonly Check<StreamContext>[] = [
  {
    name: 'handshake',
    assumption: 'WebSocket',
    async run({ probe }, signal) {
      return { measured: `open after ${formatMs(await probe.open(signal))}`, problem: null };
    },
  },
  {
    name: 'subscription',
    assumption: 'WebSocket',
    async run({ probe }, signal) {
      const { code, message, tookMs } = await probe.subscribe(signal);
      const measured = code === null ? 'no answer' : `answered with ${code} after ${formatMs(tookMs)}`;
      return findingOf(measured, [
        code !== 0,
        `expected code 0${message && `; the exchange says "${message}"`}`,
      ]);
    },
  },
  {
    name: 'rejection',
    assumption: 'WebSocket',
    async run({ probe }, signal) {
      const { code, tookMs } = await probe.subscribeMadeUp(signal);
      const measured =
        code === null ? 'no answer' : `a made-up symbol gets ${code} after ${formatMs(tookMs)}`;
      return findingOf(measured, [code !== NO_TOPIC, `expected ${NO_TOPIC}`]);
    },
  },
  {
    name: 'first data',
    assumption: 'WebSocket',
    async run({ probe }, signal) {
      const first = await probe.firstPush(FIRST_PUSH_MS, signal);
      const measured = first
        ? `${formatMs(first.afterMs)} after the subscription`
        : `none in ${formatMs(FIRST_PUSH_MS)}`;
      const isLate = !first || first.afterMs > EXPECTED_PUSH_MS;
      return findingOf(measured, [
        isLate,
        `expected within ${formatMs(EXPECTED_PUSH_MS)} for a symbol that trades`,
      ]);
    },
  },
  { name: 'push shape', assumption: 'WebSocket', run: checkPushShape },
  {
    name: 'gzip',
    assumption: 'WebSocket',
    async run({ probe: { frames } }) {
      if (frames.length === 0) throw new NotRunError('no frames');
      const plain = frames.filter(({ isGzip }) => !isGzip).length;
      return findingOf(`${frames.length - plain} of ${frames.length} frames`, [
        plain > 0,
        'expected all frames in gzip',
      ]);
    },
  },
  {
    name: 'ping period',
    assumption: 'WebSocket',
    async run({ probe }, signal) {
      probe.requireOpen();
      const pings = () => probe.frames.filter(({ isPing }) => isPing);
      await probe.waitFor(() => (pings().length >= 3 ? true : null), PINGS_MS, signal);
      const times = pings().map(({ at }) => at);
      if (times.length < 2)
        return findingOf(`${times.length} pings in ${formatMs(PINGS_MS)}`, [true, 'expected one every 5 s']);
      const period = (times.at(-1)! - times[0]!) / (times.length - 1);
      const isOther = Math.abs(period - PING_MS) > PING_TOLERANCE_MS;
      return findingOf(formatMs(period), [
        isOther,
        'expected 5 s; a link that is silent for 40 s counts as dead',
      ]);
    },
  },
  { name: "candle's close", assumption: 'Closing of a candle', run: checkClose },
];

interface Push {
  readonly at: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly openTime: number;
}

async function checkPushShape({ probe }: StreamContext): Promise<Finding> {
  const frames = probe.pushes();
  if (frames.length === 0) throw new NotRunError('no pushes');
  const isSpot = probe.options.market === 'spot';
  const isShaped = frames.every(({ json }) =>
    isSpot
      ? isObject(json?.data) && isObject(json.data.K)
      : Array.isArray(json?.data) && json.data.length === 1,
  );
  const pushes = frames.flatMap(pushesOf);
  const isText = pushes.every(({ record }) =>
    ['o', 'h', 'l', 'c', 'v'].every((key) => typeof record[key] === 'string'),
  );
  const isOpenTime = pushes.length > 0 && pushes.every(({ openTime }) => openTime % MINUTE_MS === 0);
  const measured = `${frames.length} pushes with ${Object.keys(pushes[0]?.record ?? {}).join(', ')}`;
  return findingOf(
    measured,
    [!isShaped, `expected "data" to be ${isSpot ? 'an object with "K"' : 'an array of one candle'}`],
    [!isText, 'expected values as decimal text'],
    [!isOpenTime, `expected "${isSpot ? 't' : 'T'}" to be the open time`],
  );
}

/** Waits for one close: the last frame of a candle, the first of the next one, and history's word on it. */
async function checkClose({ probe, rest }: StreamContext, signal: AbortSignal): Promise<Finding> {
  probe.requireOpen();
  const pushes = () => probe.pushes().flatMap(pushesOf);
  const first = pushes()[0];
  if (!first) throw new NotRunError('no pushes');
  const close = first.openTime + MINUTE_MS;
  const next = () => pushes().find(({ openTime }) => openTime >= close) ?? null;
  const nextPush = await probe.waitFor(next, MINUTE_MS + 3 * PING_MS, signal);
  if (nextPush === null)
    return findingOf('no push of the next candle', [true, 'expected one within a minute and 15 s']);
  const last = pushes()
    .filter(({ openTime }) => openTime === first.openTime)
    .at(-1)!;
  // What the exchange's clock showed when a frame came.
  const instantOf = ({ at }: Push) => rest.now() - (probe.now() - at);
  const lastAfter = instantOf(last) - close;
  const nextAfter = instantOf(nextPush) - close;
  await probe.waitFor(() => null, HISTORY_DELAY_MS, signal);
  const { rows } = await rest.klines({ interval: '1m', from: first.openTime, to: close + MINUTE_MS }, signal);
  const row = rows.find(({ time }) => readInteger(time) === first.openTime);
  if (!row) return findingOf('history has no row of it', [true, 'expected one after 10 s']);
  const isEqual = (['open', 'high', 'low', 'close'] as const).every(
    (name) => Number(row[name]) === Number(last.record[name[0]!]),
  );
  const apart = Number(last.record.v) / Number(row.volume) - 1;
  return findingOf(
    `last frame ${formatMs(lastAfter)} after it, the next candle's first ${formatMs(nextAfter)}; volume ${(100 * apart).toFixed(2)} % against history`,
    [lastAfter > SETTLE_DELAY_MS, 'expected the last frame within 5 s'],
    [nextAfter > 3 * SETTLE_DELAY_MS, 'expected the first frame of the next candle within 15 s'],
    [!isEqual, 'expected the prices of history'],
    [!(Math.abs(apart) <= VOLUME_TOLERANCE), "expected history's volume within 1 %"],
  );
}

function pushesOf({ at, json }: ProbedFrame): readonly Push[] {
  const records: readonly unknown[] = Array.isArray(json?.data) ? json.data : [json?.data];
  return records
    .map((record) => (isObject(record) && isObject(record.K) ? record.K : record))
    .filter(isObject)
    .map((record) => ({ at, record, openTime: readInteger(record.t ?? record.T) ?? Number.NaN }));
}
