import { type ApiRequest, answerRequest, RequestError } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiPortsOf } from '../../support/apiPorts.ts';
import { coarseCandles, createTestLake, DAY, DAY_ONE, series } from '../../support/lake.ts';

const SYMBOLS = ['BTC-USDT', 'ETH-USDT'];

async function problemOf(route: ApiRequest['route'], query: string): Promise<RequestError> {
  const lake = await createTestLake(undefined, DAY_ONE + DAY);
  for (const symbol of SYMBOLS)
    await lake.store.merge([{ series: series(symbol), candles: coarseCandles(0, 12) }]);
  const parameters = [...new URLSearchParams(query)];
  const answer = answerRequest(apiPortsOf(lake), { route, parameters, update: null, kept: {} });
  const error = await answer.then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(RequestError);
  return error as RequestError;
}

const INSTANT = 'expected epoch milliseconds or a UTC time like 2026-11-22T12:00Z';
const LIMIT = 'expected a whole number from 1 to 5000';

describe('a wrong request is refused in one line: what, the value, what was expected', () => {
  it.each<[ApiRequest['route'], string, number, string]>([
    ['bars', '', 400, 'parameter "symbol": missing, expected one that /api/symbols lists'],
    ['bars', 'symbol=BTC-USD', 404, 'symbol "BTC-USD": not kept here, expected BTC-USDT or ETH-USDT'],
    [
      'bars',
      'symbol=BTC-USDT&timeframe=4h&timeframe=10h',
      400,
      'parameter "timeframe": given twice, expected once',
    ],
    [
      'bars',
      'symbol=BTC-USDT&timeframe=21m',
      404,
      'timeframe "21m": the lake does not have it, expected one of 240m, 600m',
    ],
    [
      'bars',
      'symbol=BTC-USDT&timeframe=banana',
      404,
      'timeframe "banana": the lake does not have it, expected one of 240m, 600m',
    ],
    ['bars', 'symbol=BTC-USDT&limit=0', 400, `limit "0": ${LIMIT}`],
    ['bars', 'symbol=BTC-USDT&limit=5001', 400, `limit "5001": ${LIMIT}`],
    ['candles', 'symbol=BTC-USDT&limit=1e3', 400, `limit "1e3": ${LIMIT}`],
    ['candles', 'symbol=BTC-USDT&limit=', 400, `limit "": ${LIMIT}`],
    ['bars', 'symbol=BTC-USDT&from=yesterday', 400, `from "yesterday": ${INSTANT}`],
    ['bars', 'symbol=BTC-USDT&to=-1', 400, `to "-1": ${INSTANT}`],
    ['bars', 'symbol=BTC-USDT&to=999999999999999', 400, `to "999999999999999": ${INSTANT}`],
    ['coverage', 'symbol=BTC-USDT&to=2026-02-30', 400, `to "2026-02-30": ${INSTANT}`],
    ['coverage', 'symbol=BTC-USDT&from=7&to=7', 400, 'from "7": expected an instant before to "7"'],
    [
      'coverage',
      'symbol=BTC-USDT&limit=5',
      400,
      'parameter "limit": unknown, expected one of symbol, from, to',
    ],
    ['symbols', 'symbol=BTC-USDT', 400, 'parameter "symbol": unknown, expected none'],
    [
      'bars',
      '__proto__=1',
      400,
      'parameter "__proto__": unknown, expected one of symbol, timeframe, from, to, limit',
    ],
  ])('/api/%s?%s', async (route, query, status, detail) => {
    const { status: found, message } = await problemOf(route, query);
    expect([found, message]).toEqual([status, detail]);
  });

  it('whatever it contains: a line is short and has no control characters', async () => {
    const { message } = await problemOf(
      'bars',
      `symbol=${encodeURIComponent(`\n\u001b[2J${'x'.repeat(9_000)}`)}`,
    );
    expect(message).toMatch(/^[\x20-\x7e…]{1,200}$/);
  });

  it('503 before the store has its settings', async () => {
    const lake = await createTestLake();
    const ports = apiPortsOf(lake);
    const derivation = { ...ports.derivation, readSettings: async () => null };
    const request = { route: 'symbols', parameters: [], update: null, kept: {} } as const;
    await expect(answerRequest({ ...ports, derivation }, request)).rejects.toMatchObject({ status: 503 });
  });

  it('or answered, whatever the parameters are', async () => {
    const lake = await createTestLake(undefined, DAY_ONE + DAY);
    await lake.store.merge([{ series: series('BTC-USDT'), candles: coarseCandles(0, 12) }]);
    const ports = apiPortsOf(lake);
    const name = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('timeframe', 'from', 'to', 'limit') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    );
    const value = fc.oneof(
      fc.constantFrom(
        '240m',
        '4h',
        '0',
        '1',
        '2026-11-20',
        '2026-11-20T12:00Z',
        '253402300799999',
        '1e400',
        'NaN',
      ),
      fc.maxSafeInteger().map(String),
      fc.string({ unit: 'binary', maxLength: 2_000 }),
    );
    const route = fc.constantFrom<ApiRequest['route']>('bars', 'candles', 'coverage', 'symbols');
    const parameters = fc.array(fc.tuple(name, value), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(route, parameters, fc.boolean(), async (one, drawn, hasSymbol) => {
        const request = { route: one, update: null, kept: {} };
        const named = [...(hasSymbol ? [['symbol', 'BTC-USDT'] as const] : []), ...drawn];
        const error = await answerRequest(ports, { ...request, parameters: named }).then(
          () => null,
          (reason) => reason,
        );
        if (error === null) return;
        expect(error).toBeInstanceOf(RequestError);
        expect(error.message).toMatch(/^[\x20-\x7e…]{1,250}$/);
        expect([400, 404]).toContain(error.status);
      }),
      { numRuns: 300 },
    );
  });
});
