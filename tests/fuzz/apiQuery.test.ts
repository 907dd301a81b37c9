import { type ApiRequest, answerRequest, RequestError } from '@candlelake/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiPortsOf } from '../support/apiPorts.ts';
import { encode } from '../support/encoder.ts';
import {
  COARSE,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  series,
  type TestLake,
} from '../support/lake.ts';
import { runs } from './runs.ts';

let lake: TestLake;
beforeAll(async () => {
  lake = await createTestLake(COARSE, DAY_ONE + 3 * DAY, encode);
  await lake.store.merge([{ series: series('BTC-USDT'), candles: coarseCandles(0, 36) }]);
  await lake.derive();
});

const any = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e9',
    'NaN',
    '../..',
    '%00',
    '9'.repeat(400),
    'A'.repeat(20_000),
    '__proto__',
  ),
);
const instant = fc.oneof(
  any,
  fc.integer({ min: -1, max: 253_402_300_800_000 }).map(String),
  fc.integer({ min: -5, max: 5 }).map((days) => String(DAY_ONE + days * DAY)),
  fc.constantFrom('2026-11-20', '2026-11-20T12:00Z', '0000-01-01', '9999-12-31', '2026-02-30'),
);
const parameter = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant('symbol'), fc.oneof(fc.constantFrom('BTC-USDT', ' btc-usdt '), any)),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant('timeframe'), fc.oneof(fc.constantFrom('240m', '4h', '10h'), any)),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('from', 'to'), instant) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('limit'), fc.oneof(fc.integer().map(String), any)) },
  { weight: 1, arbitrary: fc.tuple(any, any) },
);
const known = fc.constantFrom<[string, string]>(['symbol', 'BTC-USDT']);
const parameters = fc
  .tuple(fc.option(known, { nil: undefined }), fc.array(parameter, { maxLength: 5 }))
  .map(([symbol, others]) => (symbol ? [symbol, ...others.filter(([name]) => name !== 'symbol')] : others));
const route = fc.constantFrom<ApiRequest['route']>('bars', 'candles', 'coverage', 'symbols');

describe('a query string of any content', () => {
  it('is answered, or refused in one short line that says what was expected', async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(route, parameters, async (asked, given) => {
        try {
          const request = { route: asked, parameters: given, update: null, kept: {} };
          expect(await answerRequest(apiPortsOf(lake), request)).toBeTypeOf('object');
          answered++;
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
          const { status, message } = error as RequestError;
          expect([400, 404]).toContain(status);
          expect(message).not.toMatch(/[\n\r]/);
          expect(message.length).toBeLessThan(400);
        }
      }),
      runs(600),
    );
    expect(answered).toBeGreaterThan(50);
  });
});
