import { type Candle, candleOfMergeKey, mergeKey } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const decimal = fc.constantFrom('0.000000012345678901234567', '123456789012345678901234.5', '0.07', '118347');
const observed = fc.constantFrom(1, 1_795_000_000_123, 8.64e15);
const anyCandle: fc.Arbitrary<Candle> = fc
  .record({
    openTime: fc.constant(1_795_000_000_000),
    open: decimal,
    high: decimal,
    low: decimal,
    close: decimal,
    volume: fc.oneof(decimal, fc.constant('0')),
    status: fc.constantFrom('provisional', 'imported', 'final'),
    source: fc.constantFrom('history', 'stream', 'import'),
    observed,
  })
  .map((candle) => (candle.status === 'provisional' ? { ...candle, observed: 0 } : candle));

describe('a candle read back from its merge key', () => {
  it('is the candle that the key was made of, to the last digit', () => {
    fc.assert(
      fc.property(anyCandle, (candle) => {
        expect(candleOfMergeKey(candle.openTime, mergeKey(candle))).toEqual(candle);
      }),
    );
  });

  it.each([
    '',
    '3 1',
    '4 1 1|1|1|1|1|final|history',
    '3 1 1|1|1|1|1|final|elsewhere',
    '3 1 1|1|1|x|1|final|history',
  ])('is refused for the text "%s"', (text) => {
    expect(() => candleOfMergeKey(0, text)).toThrow(RangeError);
  });
});
