import {
  healthOf,
  INITIAL_LAKE_STATUS,
  type LakeStatus,
  RetryableError,
  StatusBoard,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { errorClass } from '../../packages/functions/src/errorClass.ts';
import { answerHealth } from '../../packages/functions/src/jobs/answerHealth.ts';
import { readHealth } from '../../packages/functions/src/jobs/readHealth.ts';
import { createRemoteLake } from '../../packages/functions/src/stream/remoteLake.ts';
import { HOUR, MINUTE, TODAY } from './jobFixture.ts';

const NOW = TODAY + 12 * HOUR;

function report(
  at: number,
  lake: LakeStatus = { ...INITIAL_LAKE_STATUS, lastDerivedAt: NOW - 4 * MINUTE, lastAsOf: NOW },
) {
  const board = new StatusBoard(['BTC-USDT'], NOW - HOUR);
  board.event({ kind: 'connected', connection: 1, symbols: ['BTC-USDT'] }, NOW - HOUR);
  board.reached(true);
  return { at, status: board.read(lake) };
}

const SETTINGS = { interval: '3m', requestsPerSecond: 1 } as const;

const read = (at: number | null, parts: Partial<Parameters<typeof readHealth>[0]> = {}) =>
  readHealth(
    {
      now: () => NOW,
      readStream: async () => (at === null ? null : report(at)),
      readBackfill: async () => null,
      writtenAt: async () => null,
      ...parts,
    },
    SETTINGS,
  );

describe('/health', () => {
  test('has the body of the local host when the stream has just reported', async () => {
    expect(await read(NOW - MINUTE)).toEqual(healthOf(report(NOW).status, { now: NOW, interval: '3m' }));
    expect(await read(NOW - MINUTE)).toMatchObject({ status: 'ok', link: { connected: true } });
  });

  test.each([
    [3 * MINUTE, 'ok'],
    [3 * MINUTE + 1, 'unhealthy'],
  ])('of a stream that last reported %d ms ago is %s', async (age, status) => {
    expect(await read(NOW - age)).toMatchObject({ status });
  });

  describe('during a backfill of the worker', () => {
    const lake = { ...INITIAL_LAKE_STATUS, oldestDirtySince: NOW - HOUR, lastAsOf: NOW, dirtyDays: 200 };
    const readStream = async () => report(NOW, lake);
    const working =
      (age: number, running = true) =>
      async () => ({
        at: NOW - age,
        status: {
          ...{ running, remainingSlots: 9_600, totalSlots: 9_600, requestsDone: 0, requestsTotal: 10 },
        },
      });

    test('shows it, and the lake may lag', async () => {
      expect(await read(NOW, { readStream, readBackfill: working(MINUTE) })).toMatchObject({
        status: 'ok',
        backfill: { running: true, remainingSlots: 9_600 },
      });
    });

    test.each([
      ['that has ended', working(MINUTE, false)],
      ['whose worker has said nothing for over ten minutes', working(10 * MINUTE + 1)],
    ])('%s is no excuse', async (_title, readBackfill) => {
      expect(await read(NOW, { readStream, readBackfill })).toMatchObject({
        status: 'unhealthy',
        reason: 'the lake lags behind the store since 2026-11-22T11:00Z',
        backfill: { running: false },
      });
    });
  });

  test('names the instant from which on the stream is silent, and keeps the rest of the body', async () => {
    const health = await read(NOW - HOUR);
    expect(health).toMatchObject({
      reason: 'the stream has been silent since 2026-11-22T11:00Z',
      symbols: 1,
    });
  });

  test('is unhealthy before the first report', async () => {
    expect(await read(null)).toEqual({
      status: 'unhealthy',
      reason: 'starting: the stream has not reported yet',
    });
  });

  test('tells when the lake was written by the object of today itself', async () => {
    const paths: string[] = [];
    const writtenAt = async (path: string) => {
      paths.push(path);
      return NOW - MINUTE;
    };
    expect(await read(NOW, { writtenAt })).toMatchObject({ lake: { derivedAt: '2026-11-22T11:59Z' } });
    expect(paths).toEqual(['coverage/interval=3m/date=2026-11-22/coverage.parquet']);
  });

  test.each([
    [25, 'ok'],
    [26, 'unhealthy'],
  ])(
    'allows the lake to lose two ticks of its schedule: %d minutes behind is %s',
    async (minutes, status) => {
      const lake = { ...INITIAL_LAKE_STATUS, oldestDirtySince: NOW - minutes * MINUTE };
      expect(await read(NOW, { readStream: async () => report(NOW, lake) })).toMatchObject({ status });
    },
  );
});

describe('the class of an error', () => {
  /** As S3 refuses a write. */
  const denied = Object.assign(
    new Error(
      'User: arn:aws:sts::123456789012:assumed-role/builder is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::candlelake-production-lakebucket/lake/a"',
    ),
    { name: 'AccessDenied' },
  );

  test.each([
    [denied, 'AccessDenied'],
    [new RetryableError(denied.message, { cause: denied }), 'RetryableError (AccessDenied)'],
    ['a text', 'unknown error'],
  ])('is all that /health shows of it: %#', async (error, expected) => {
    const lake = { ...INITIAL_LAKE_STATUS, lastError: errorClass(error) };
    const health = await read(NOW, { readStream: async () => report(NOW, lake) });
    expect(health).toMatchObject({
      reason: `the lake can't be written: ${expected}`,
      lake: { lastError: expected },
    });
    expect(JSON.stringify(health)).not.toMatch(/arn:|\d{12}|bucket/);
  });
});

describe('the lake as the stream sees it', () => {
  const lakeOf = (said: Partial<typeof INITIAL_LAKE_STATUS> | null, asOf: number) =>
    createRemoteLake(
      {
        status: { readLake: async () => said && { ...INITIAL_LAKE_STATUS, ...said } },
        derivation: { readAsOf: async () => asOf },
      },
      NOW - HOUR,
    );

  test.each([
    ['is not behind when nothing has closed since', { lastDerivedAt: NOW - 9, lastAsOf: NOW }, NOW, null],
    ['is behind since the last derivation', { lastDerivedAt: NOW - 9, lastAsOf: NOW - 1 }, NOW, NOW - 9],
    ['is behind since its keeper says', { oldestDirtySince: 7, lastAsOf: NOW }, NOW, 7],
    ['is behind since the start before the first derivation', null, NOW, NOW - HOUR],
    ['is not behind when nothing was ever stored', null, 0, null],
  ])('%s', async (_title, said, asOf, since) => {
    const lake = lakeOf(said, asOf);
    await lake.refresh();
    expect(lake.status().oldestDirtySince).toBe(since);
  });
});

describe('the answer to /health', () => {
  async function answerTo(event: object, at: number) {
    const counted: unknown[] = [];
    const reasons: string[] = [];
    const ports = {
      now: () => NOW,
      readStream: async () => report(at),
      readBackfill: async () => null,
      writtenAt: async () => null,
      metrics: { addMetric: (...metric: unknown[]) => counted.push(metric) },
      report: ({ message }: { message: string }) => reasons.push(message),
    };
    const answer = await answerHealth(
      event,
      ports as unknown as Parameters<typeof answerHealth>[1],
      SETTINGS,
    );
    return { ...answer, counted, reasons };
  }

  test.each([
    ['healthy', NOW, 200, 1, []],
    ['unhealthy', NOW - HOUR, 503, 0, ['unhealthy: the stream has been silent since 2026-11-22T11:00Z']],
  ])(
    'counts for the schedule whether it is %s, and logs the reason',
    async (_title, at, code, value, reasons) => {
      const answer = await answerTo({}, at);
      expect(answer).toMatchObject({ statusCode: code, reasons });
      expect(answer.counted).toEqual([['HealthOk', 'Count', value]]);
    },
  );

  test('to a request of the API has the same body, and is not counted', async () => {
    const { body, ...answer } = await answerTo({ routeKey: 'GET /health' }, NOW - HOUR);
    expect(answer).toMatchObject({ statusCode: 503, counted: [], reasons: [] });
    expect(body).toBe((await answerTo({}, NOW - HOUR)).body);
  });
});
