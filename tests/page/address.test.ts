import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUrl, parseUrl } from '../../packages/page/src/model/urlState.ts';

const RANGE = { from: Date.parse('2026-11-20T23:48Z'), to: Date.parse('2026-11-21T12:00Z') };

describe('the address of a view', () => {
  it('carries symbol, timeframe and range', () => {
    const query = '?symbol=BTC-USDT&timeframe=21m&from=2026-11-20T23:48Z&to=2026-11-21T12:00Z';
    expect(formatUrl({ symbol: 'BTC-USDT', timeframe: '21m', range: RANGE })).toBe(query);
    expect(parseUrl(query)).toEqual({ symbol: 'BTC-USDT', timeframe: '21m', range: RANGE });
  });

  it.each([
    '',
    '?from=2026-11-20T23:48Z',
    '?from=2026-11-21T00:00Z&to=2026-11-20T00:00Z',
    '?from=yesterday&to=2026-11-20T00:00Z',
    '?from=2026-13-40T00:00Z&to=2026-11-20T00:00Z',
    '?symbol=&timeframe=&from=1&to=2',
  ])('"%s" has none of them', (query) =>
    expect(parseUrl(query)).toEqual({ symbol: null, timeframe: null, range: null }),
  );

  it('comes back from any view, in whole minutes', () => {
    const minute = fc.integer({ min: 0, max: 60_000_000 });
    const name = fc.option(fc.string({ minLength: 1 }), { nil: null });
    fc.assert(
      fc.property(name, name, minute, minute, (symbol, timeframe, from, length) => {
        const range = { from: from * 60_000, to: (from + length + 1) * 60_000 };
        const state = { symbol, timeframe, range };
        expect(parseUrl(formatUrl(state))).toEqual(state);
      }),
    );
  });
});
