import { canonicalDecimal, compareDecimals, decimalColumn, sumToDouble } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactSum, isNearestDouble } from './exactSum.ts';

/** Canonical decimals: no leading zero but one before the point, no trailing zero behind it. */
const canonicalText = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.stringMatching(/^\d{0,12}$/))
  .map(([whole, fraction]) => {
    const kept = fraction.replace(/0+$/, '');
    return kept === '' ? String(whole) : `${whole}.${kept}`;
  });

/** Volumes as the exchange writes them: small enough that a day's sum is a whole number of units below 2^53. */
const volumeText = fc
  .tuple(fc.nat(1_000_000), fc.nat(9999))
  .map(([whole, fraction]) => canonicalDecimal(`${whole}.${String(fraction).padStart(4, '0')}`)!);

describe('canonicalDecimal', () => {
  it.each([
    ['116800', '116800'],
    ['0.07', '0.07'],
    ['0.070', '0.07'],
    ['007', '7'],
    ['00.50', '0.5'],
    ['0', '0'],
    ['0.000', '0'],
    ['100', '100'],
    ['1e-7', '0.0000001'],
    ['1E3', '1000'],
    ['1.5e+2', '150'],
    ['12.34e1', '123.4'],
    ['12.34e-1', '1.234'],
    ['0e5', '0'],
    ['1.50e1', '15'],
    [`1${'0'.repeat(39)}`, `1${'0'.repeat(39)}`],
  ])('reads "%s" as "%s"', (text, canonical) => {
    expect(canonicalDecimal(text)).toBe(canonical);
  });

  it.each([
    '',
    '.',
    '.5',
    '5.',
    '-1',
    '-0',
    '+1',
    ' 1',
    '1 ',
    '1\n',
    '1,5',
    '1_000',
    '0x10',
    'NaN',
    'Infinity',
    'null',
    '1e',
    'e5',
    '1e1.5',
    '1.2.3',
    '١',
    '1e999',
    '1e-999',
    `1${'0'.repeat(40)}`,
  ])('refuses %j', (text) => {
    expect(canonicalDecimal(text)).toBeNull();
  });

  it('takes 40 digits before the point in 200 characters, and no more', () => {
    const longest = '9'.repeat(40);
    expect(canonicalDecimal(longest.padStart(200, '0'))).toBe(longest);
    expect(canonicalDecimal(longest.padStart(201, '0'))).toBeNull();
    expect(canonicalDecimal(`0${longest}9`)).toBeNull();
  });

  it('refuses a million digits', () => {
    expect(canonicalDecimal('9'.repeat(1_000_000))).toBeNull();
    expect(canonicalDecimal('0'.repeat(1_000_000))).toBeNull();
  });

  it('leaves canonical text as it is', () => {
    fc.assert(
      fc.property(canonicalText, (text) => {
        expect(canonicalDecimal(text)).toBe(text);
      }),
    );
  });

  it('gives equal numbers equal texts, however they are written', () => {
    fc.assert(
      fc.property(
        canonicalText,
        fc.nat(5),
        fc.nat(5),
        fc.integer({ min: -9, max: 9 }),
        (text, lead, trail, shift) => {
          const padded = `${'0'.repeat(lead)}${text.includes('.') ? text : `${text}.0`}${'0'.repeat(trail)}`;
          const [whole = '', fraction = ''] = padded.split('.');
          const digits = BigInt(whole + fraction);
          const shifted = `${digits}e${-fraction.length}`;
          expect(canonicalDecimal(padded)).toBe(text);
          expect(canonicalDecimal(shifted)).toBe(text);
          expect(canonicalDecimal(`${digits}${'0'.repeat(9 + shift)}e${-fraction.length - 9 - shift}`)).toBe(
            text,
          );
        },
      ),
    );
  });

  it('reads what JavaScript writes of a double as that double', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-18, max: 1e30, noNaN: true }), (value) => {
        const canonical = canonicalDecimal(String(value));
        expect(canonical).not.toBeNull();
        expect(Number(canonical)).toBe(value);
      }),
    );
  });
});

describe('compareDecimals', () => {
  it('orders texts as the numbers they are, beyond the digits of a double', () => {
    const exact = (text: string) => exactSum([text]).numerator;
    fc.assert(
      fc.property(canonicalText, canonicalText, (one, other) => {
        const expected = exact(one) < exact(other) ? -1 : exact(one) > exact(other) ? 1 : 0;
        expect(Math.sign(compareDecimals(one, other))).toBe(expected);
      }),
    );
  });

  it.each([
    ['9', '10', -1],
    ['1', '1.5', -1],
    ['1.25', '1.5', -1],
    ['0.07', '0.1', -1],
    ['123456789012345678901', '123456789012345678902', -1],
    ['2', '2', 0],
  ])('puts %s against %s at %i', (one, other, sign) => {
    expect(Math.sign(compareDecimals(one, other))).toBe(sign);
    expect(Math.sign(compareDecimals(other, one))).toBe(sign === 0 ? 0 : -sign);
  });
});

describe('sumToDouble', () => {
  it('gives the nearest double to the exact sum of volumes (predecessor fault 15)', () => {
    fc.assert(
      fc.property(fc.array(volumeText, { maxLength: 30 }), (texts) => {
        const column = decimalColumn(texts);
        expect(column.units).toBeInstanceOf(Float64Array);
        expect(isNearestDouble(sumToDouble(column, 0, texts.length), exactSum(texts))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('gives it for sums that no double holds as a whole number', () => {
    fc.assert(
      fc.property(fc.array(canonicalText, { maxLength: 12 }), fc.nat(12), fc.nat(12), (texts, one, other) => {
        const from = Math.min(one, other, texts.length);
        const to = Math.min(Math.max(one, other), texts.length);
        const sum = sumToDouble(decimalColumn(texts), from, to);
        expect(isNearestDouble(sum, exactSum(texts.slice(from, to)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('adds tenths without the noise of binary fractions', () => {
    const tenths = decimalColumn(['0.1', '0.2', '0.7']);
    expect(0.1 + 0.2).not.toBe(0.3);
    expect(sumToDouble(tenths, 0, 2)).toBe(0.3);
    expect(sumToDouble(tenths, 0, 3)).toBe(1);
  });

  it('breaks no tie twice: a sum just above the middle of two doubles rounds up', () => {
    // 2^53 + 1 lies in the middle of two doubles; the last digit decides.
    const texts = ['9007199254740993', '0.0000000000000000000000001'];
    expect(sumToDouble(decimalColumn(texts), 0, 1)).toBe(9007199254740992);
    expect(sumToDouble(decimalColumn(texts), 0, 2)).toBe(9007199254740994);
  });

  it('is exact for scales beyond the powers of ten that doubles hold', () => {
    const tiny = fc
      .tuple(fc.integer({ min: 1, max: 2 ** 48 }), fc.integer({ min: 20, max: 40 }))
      .map(([units, scale]) => canonicalDecimal(`${units}e-${scale}`)!);
    fc.assert(
      fc.property(fc.array(tiny, { maxLength: 4 }), (texts) => {
        const column = decimalColumn(texts);
        expect(isNearestDouble(sumToDouble(column, 0, texts.length), exactSum(texts))).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(decimalColumn(['0.000000000000000000000000000123']).units).toBeInstanceOf(Float64Array);
  });

  it('keeps whole numbers as doubles up to 2^53 - 1 in sum and no further', () => {
    expect(decimalColumn(['9007199254740990', '1']).units).toBeInstanceOf(Float64Array);
    expect(decimalColumn(['9007199254740990', '2']).units).not.toBeInstanceOf(Float64Array);
    expect(decimalColumn(['9007199254740993']).units).toEqual([9007199254740993n]);
  });

  it('counts a slot without a value as nothing, and no slots as zero', () => {
    const column = decimalColumn([undefined, '1.5', undefined, '0']);
    expect(sumToDouble(column, 0, 4)).toBe(1.5);
    expect(sumToDouble(column, 2, 4)).toBe(0);
    expect(sumToDouble(decimalColumn([]), 0, 0)).toBe(0);
    const wide = decimalColumn([undefined, '9007199254740993', undefined]);
    expect(sumToDouble(wide, 0, 3)).toBe(9007199254740992);
    expect(sumToDouble(wide, 2, 3)).toBe(0);
  });
});
