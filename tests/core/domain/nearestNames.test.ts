import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestNames } from '../../../packages/core/src/domain/nearestNames.ts';

const LISTED = ['ADA-USDT', 'BTC-USDC', 'BTC-USDT', 'ETH-USDT', '1000PEPE-USDT', 'DOGE-USDT'];

describe('the nearest names', () => {
  it.each([
    ['BTC-UDST', 'BTC-USDT'],
    ['BTCUSDT', 'BTC-USDT'],
    ['ETHH-USDT', 'ETH-USDT'],
    ['PEPE-USDT', 'DOGE-USDT'],
    ['1000PEPE-USD', '1000PEPE-USDT'],
  ])('of %s begin with %s', (name, nearest) => {
    expect(nearestNames(name, LISTED, 2)[0]).toBe(nearest);
  });

  it('are as many as asked for, and by name where they are equally near', () => {
    expect(nearestNames('BTC-USDX', LISTED, 2)).toEqual(['BTC-USDC', 'BTC-USDT']);
    expect(nearestNames('BTC-USDT', [], 3)).toEqual([]);
  });
});

describe('the edit distance', () => {
  // Worked out by hand.
  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['abcd', 'acbd', 1],
    ['ca', 'abc', 3],
  ])('of "%s" and "%s" is %d', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is 0 for equal texts only, the same both ways, and at most the longer length', () => {
    const text = fc.string({ maxLength: 12, unit: fc.constantFrom('A', 'B', '-', '1') });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const distance = editDistance(one, other);
        expect(distance === 0).toBe(one === other);
        expect(editDistance(other, one)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(one.length - other.length));
      }),
    );
  });
});
