import { type CandleValues, checkCandleValues, isIrregular, type RawCandleValues } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const RAW: RawCandleValues = { open: '10', high: '12', low: '9', close: '11', volume: '5' };
const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;
const PRICES = ['open', 'high', 'low', 'close'] as const;

describe('checkCandleValues', () => {
  it('gives each value as canonical text, from text and from numbers', () => {
    const raw = { open: '10.50', high: 12, low: '09', close: 1e1, volume: '5e-1' };
    expect(checkCandleValues(raw)).toEqual({
      open: '10.5',
      high: '12',
      low: '9',
      close: '10',
      volume: '0.5',
    });
  });

  it.each(FIELDS)('refuses a candle whose %s is no number', (field) => {
    for (const wrong of [
      '',
      '-1',
      'NaN',
      '1,5',
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      null,
      undefined,
      true,
      ['1'],
    ])
      expect(checkCandleValues({ ...RAW, [field]: wrong })).toBe('wrong number');
  });

  it.each(PRICES)('refuses a candle whose %s is zero, however it is written', (field) => {
    for (const zero of ['0', '0.000', 0, '0e5'])
      expect(checkCandleValues({ ...RAW, [field]: zero })).toBe('price not above zero');
  });

  it('takes a candle without volume, and one whose four prices are equal', () => {
    const flat = { open: '7', high: '7', low: '7', close: '7', volume: '0' };
    expect(checkCandleValues(flat)).toEqual(flat);
  });

  it('refuses a high below the low as numbers, not as text', () => {
    const range = (high: string, low: string) => checkCandleValues({ ...RAW, high, low });
    expect(range('8.9', '9')).toBe('high below low');
    expect(range('9', '10')).toBe('high below low');
    expect(range('10', '9')).toEqual({ ...RAW, high: '10', low: '9' });
  });

  it('takes an open and a close outside the range (trap 37)', () => {
    const irregular = { ...RAW, open: '13', close: '8' };
    expect(checkCandleValues(irregular)).toEqual(irregular);
  });
});

describe('isIrregular', () => {
  const regular: CandleValues = { open: '9', high: '12', low: '9', close: '12', volume: '5' };

  it.each([
    ['no: open and close at the ends of the range', {}, false],
    ['no: the other way round', { open: '12', close: '9' }, false],
    ['yes: open below the low', { open: '8.9' }, true],
    ['yes: open above the high', { open: '12.1' }, true],
    ['yes: close below the low', { close: '8.9' }, true],
    ['yes: close above the high', { close: '12.1' }, true],
  ])('%s', (_title, values, expected) => {
    expect(isIrregular({ ...regular, ...values })).toBe(expected);
  });
});
