import { type Candle, canonicalDecimal, compareDecimals, mergeCandles, mergeKey } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candle } from './makeCandles.ts';

const OPEN_TIME = Date.parse('2025-07-27T06:45:00Z');

/** Few different values, so that ties of volume, text and clock are frequent. */
const price = fc.constantFrom('9', '10', '10.5', '0.07', '118347');
const volume = fc.constantFrom('0', '0.21', '0.3', '9', '10', '47.42', '1000000.5', '1');
const observed = fc.constantFrom(0, 1, 999, OPEN_TIME, OPEN_TIME + 1, 10 ** 13, 8.64e15);
const anyCandle: fc.Arbitrary<Candle> = fc.record({
  openTime: fc.constant(OPEN_TIME),
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  status: fc.constantFrom('provisional', 'imported', 'final'),
  source: fc.constantFrom('history', 'stream', 'import'),
  observed,
});
const LAWS = { numRuns: 2000 };

describe('the merge law', () => {
  it('is commutative: the order of two candles does not matter', () => {
    fc.assert(
      fc.property(anyCandle, anyCandle, (one, other) => {
        expect(visible(mergeCandles(one, other))).toEqual(visible(mergeCandles(other, one)));
      }),
      LAWS,
    );
  });

  it('is associative: batches may be cut anywhere', () => {
    fc.assert(
      fc.property(anyCandle, anyCandle, anyCandle, (one, two, three) => {
        const left = mergeCandles(mergeCandles(one, two), three);
        const right = mergeCandles(one, mergeCandles(two, three));
        expect(visible(left)).toEqual(visible(right));
      }),
      LAWS,
    );
  });

  it('is idempotent: delivering candles again in any order changes nothing (predecessor fault 5)', () => {
    fc.assert(
      fc.property(
        fc.array(anyCandle, { minLength: 1, maxLength: 6 }).chain((candles) =>
          fc.tuple(
            fc.constant(candles),
            fc.shuffledSubarray([...candles, ...candles], {
              minLength: candles.length * 2,
              maxLength: candles.length * 2,
            }),
          ),
        ),
        ([once, twice]) => {
          expect(visible(twice.reduce(mergeCandles))).toEqual(visible(once.reduce(mergeCandles)));
        },
      ),
      LAWS,
    );
  });

  it('gives different candles different keys, so no tie is left to chance', () => {
    fc.assert(
      fc.property(anyCandle, anyCandle, (one, other) => {
        const same = JSON.stringify(visible(one)) === JSON.stringify(visible(other));
        expect(mergeKey(one) === mergeKey(other)).toBe(same);
      }),
      LAWS,
    );
  });

  it('keeps the provisional candle with more volume, as a number and not as a text', () => {
    const volumeText = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(20), fc.nat(9999))
      .map(([units, shift, part]) => {
        return canonicalDecimal(`${units / 10n ** BigInt(shift)}.${String(part).padStart(4, '0')}`)!;
      });
    fc.assert(
      fc.property(volumeText, volumeText, price, price, (one, other, closeOne, closeOther) => {
        const kept = mergeCandles(view(one, closeOne), view(other, closeOther));
        expect(kept.volume).toBe(compareDecimals(one, other) >= 0 ? one : other);
      }),
      LAWS,
    );
  });

  it('looks at no clock for provisional candles: a late clock does not keep the earlier view', () => {
    const early = { ...view('5', '10'), observed: OPEN_TIME + 1_000_000 };
    const late = { ...view('6', '11'), observed: 0 };
    expect(mergeCandles(early, late)).toBe(late);
  });

  it('decides by text between provisional candles of equal volume, the same way on every machine', () => {
    const one = view('5', '10');
    const other = view('5', '11');
    expect(mergeCandles(one, other)).toBe(mergeCandles(other, one));
  });

  it.each([
    ['provisional', 'imported'],
    ['provisional', 'final'],
    ['imported', 'final'],
  ] as const)(
    'prefers a candle that is %s less than one that is %s, whatever clock and volume say',
    (weak, strong) => {
      fc.assert(
        fc.property(anyCandle, anyCandle, (one, other) => {
          const weaker = { ...one, status: weak };
          const stronger = { ...other, status: strong };
          expect(mergeCandles(weaker, stronger)).toBe(stronger);
        }),
      );
    },
  );

  it.each(['imported', 'final'] as const)('keeps of two %s candles the one observed later', (status) => {
    fc.assert(
      fc.property(anyCandle, anyCandle, fc.nat(8e15), fc.nat(8e15), (one, other, first, second) => {
        fc.pre(first !== second);
        const early = { ...one, status, observed: Math.min(first, second) };
        const late = { ...other, status, observed: Math.max(first, second) };
        expect(mergeCandles(early, late)).toBe(late);
      }),
    );
  });

  it('raises `observed` of a final candle that is read again unchanged', () => {
    const first = candle(OPEN_TIME, { observed: 1000 });
    expect(mergeCandles(first, { ...first, observed: 2000 }).observed).toBe(2000);
    expect(mergeCandles({ ...first, observed: 2000 }, first).observed).toBe(2000);
  });

  // The values of both tests were recorded on 2025-07-27 for 06:45 UTC: an incomplete candle at start-up and
  // the complete one later.
  const half = candle(OPEN_TIME, {
    open: '118347',
    high: '118347',
    low: '118346.8',
    close: '118346.8',
    volume: '0.21',
  });
  const whole = candle(OPEN_TIME, {
    open: '118347',
    high: '118457.3',
    low: '118330.5',
    close: '118400',
    volume: '47.42',
  });

  it('replaces an incomplete candle by the complete one (predecessor fault 1)', () => {
    const stored = { ...half, status: 'provisional', source: 'stream', observed: 0 } as const;
    expect(mergeCandles(stored, whole)).toBe(whole);
    expect(mergeCandles(whole, stored)).toBe(whole);
  });

  it('lets history correct what the stream closed short of volume (predecessor fault 9)', () => {
    const streamed = {
      ...whole,
      volume: '47.4',
      status: 'provisional',
      source: 'stream',
      observed: 0,
    } as const;
    expect(mergeCandles(streamed, whole).volume).toBe('47.42');
  });

  it('never goes back to an older view after a reconnect (predecessor fault 6)', () => {
    const stale = { ...half, status: 'provisional', source: 'stream', observed: 0 } as const;
    const newer = { ...whole, status: 'provisional', source: 'stream', observed: 0 } as const;
    expect(mergeCandles(newer, stale)).toBe(newer);
  });

  it('is an order of texts by code unit, which is the order that SQLite and DynamoDB compare in', () => {
    fc.assert(
      fc.property(anyCandle, anyCandle, (one, other) => {
        const bytes = Buffer.compare(Buffer.from(mergeKey(one)), Buffer.from(mergeKey(other)));
        const text = mergeKey(one) < mergeKey(other) ? -1 : Number(mergeKey(one) > mergeKey(other));
        expect(text).toBe(bytes);
        expect(mergeKey(one)).toMatch(/^[ -~]+$/);
      }),
    );
  });
});

/** A provisional candle of one volume. */
function view(text: string, close: string): Candle {
  return candle(OPEN_TIME, { close, volume: text, status: 'provisional', source: 'stream', observed: 0 });
}

/** The parts that the law compares; `observed` of a provisional candle is none of them. */
function visible(one: Candle): Candle {
  return one.status === 'provisional' ? { ...one, observed: 0 } : one;
}
