import { mergeReads } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('merging absences', () => {
  const absence = fc.tuple(fc.nat(5000), fc.nat(5000)).map(([one, other]) => ({
    openTime: 0,
    firstRead: Math.min(one, other),
    lastRead: Math.max(one, other),
  }));

  it('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(absence, absence, absence, (one, two, three) => {
        expect(mergeReads(one, two)).toEqual(mergeReads(two, one));
        expect(mergeReads(mergeReads(one, two), three)).toEqual(mergeReads(one, mergeReads(two, three)));
        expect(mergeReads(one, one)).toEqual(one);
      }),
    );
  });

  it('spans all reads', () => {
    const merged = mergeReads(
      { openTime: 7, firstRead: 20, lastRead: 20 },
      { openTime: 7, firstRead: 5, lastRead: 5 },
    );
    expect(merged).toEqual({ openTime: 7, firstRead: 5, lastRead: 20 });
  });
});
