import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKlineRows } from '../../../packages/core/src/bingx/klines.ts';
import { CLOCK_TOLERANCE_MS, HOUR_MS, MINUTE_MS, RetryableError } from '../../../packages/core/src/index.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
const OPEN = Date.UTC(2026, 10, 22, 11, 30);

const ROW = {
  open: '0.7034',
  close: '0.7065',
  high: '0.7081',
  low: '0.7033',
  volume: '635494.00',
  time: OPEN,
};
const PARSED = {
  openTime: OPEN,
  open: '0.7034',
  high: '0.7081',
  low: '0.7033',
  close: '0.7065',
  volume: '635494',
};

function parse(data: unknown, intervalMs = MINUTE_MS, now = NOW) {
  const refused: string[] = [];
  const { rows } = parseKlineRows(data, { intervalMs, now, refuse: (kind) => void refused.push(kind) });
  return { rows, refused };
}

function fixture(name: string) {
  return JSON.parse(readFileSync(new URL(`../../fixtures/bingx/${name}`, import.meta.url), 'utf8'));
}

describe('the shape of data', () => {
  test.each([
    ['null', null, 0],
    ['an empty object', {}, 0],
    ['an empty array', [], 0],
    ['one object', ROW, 1],
    ['an array of one object', [ROW], 1],
  ])('%s is %s row(s) and no error (trap 7) (predecessor fault 12)', (_, data, count) => {
    expect(parse(data)).toEqual({ rows: Array(count).fill(PARSED), refused: [] });
  });

  test.each([['text'], [12], [true], [undefined]])(
    '%s throws a RetryableError: the page is broken',
    (data) => {
      expect(() => parse(data)).toThrow(RetryableError);
    },
  );

  test('rows keep the order in which they came; the reader sorts (trap 2)', () => {
    const older = { ...ROW, time: OPEN - MINUTE_MS };
    expect(parse([ROW, older, ROW]).rows.map(({ openTime }) => openTime - OPEN)).toEqual([0, -MINUTE_MS, 0]);
  });

  test('the official v3 sample is one candle of an hour', () => {
    const { request, response } = fixture('rest-swap-v3-klines-docs.json');
    const { rows, refused } = parse(response.data, HOUR_MS);
    expect(refused).toEqual([]);
    // 1702717200000 is 2023-12-16T09:00Z; the sample's query asked from 1702717199998.
    expect(rows).toEqual([{ ...PARSED, openTime: Date.UTC(2023, 11, 16, 9) }]);
    expect(rows[0]!.openTime).toBeGreaterThanOrEqual(Number(request.query.startTime));
  });

  test('the official samples of 2023, ascending and as one object, are read (trap 7)', () => {
    const samples = fixture('rest-swap-v2-klines-2023-docs.json');
    expect(parse(samples.array_form.data, 5 * MINUTE_MS).rows.map(({ close }) => close)).toEqual([
      '19394.4',
      '19379',
    ]);
    expect(parse(samples.object_form_no_time_range.data, 5 * MINUTE_MS).rows).toEqual([
      {
        openTime: 1672026300000,
        open: '16879.5',
        high: '16880',
        low: '16876.5',
        close: '16877',
        volume: '428.44',
      },
    ]);
  });

  test('array rows with JSON numbers are read like objects with texts (trap 8) (trap 32)', () => {
    const { response } = fixture('rest-spot-v2-kline-docs.json');
    const { rows, refused } = parse(response.data);
    expect(refused).toEqual([]);
    expect(rows[0]).toEqual({
      openTime: 1702720620000,
      open: '42216.29',
      high: '42216.94',
      low: '42216.29',
      close: '42216.72',
      volume: '0.2',
    });
  });
});

test('an answer of more rows than any request asks for is broken, not cut', () => {
  expect(parse(Array(5_000).fill(ROW)).rows).toHaveLength(5_000);
  expect(() => parse(Array(5_001).fill(ROW))).toThrow('5001 klines, expected at most 5000');
});

describe('a good record', () => {
  test('a flat row without volume is a candle', () => {
    const flat = { open: '5', close: '5', high: '5', low: '5', volume: '0.00', time: OPEN };
    expect(parse(flat).rows).toEqual([
      { openTime: OPEN, open: '5', high: '5', low: '5', close: '5', volume: '0' },
    ]);
  });

  test('an open that is not the close before it is normal (trap 15)', () => {
    // Recorded on 2025-10-24: a candle closed at 110269.5 and the next one opened at 110269.3.
    const before = {
      open: '110298.6',
      high: '110298.6',
      low: '110263.7',
      close: '110269.5',
      volume: '1',
      time: OPEN,
    };
    const next = {
      open: '110269.3',
      high: '110269.3',
      low: '110269.3',
      close: '110269.3',
      volume: '1',
      time: OPEN + MINUTE_MS,
    };
    expect(parse([before, next]).refused).toEqual([]);
  });

  test('decimals keep every digit and lose only what says nothing (trap 8)', () => {
    const values = {
      open: '121137.93299999999',
      high: '3044.47000000000000000000',
      low: 1e-7,
      close: '007.5',
    };
    const row = parse({ ...values, high: '200000.0', volume: '12.70', time: OPEN }).rows[0]!;
    expect(row).toMatchObject({
      open: '121137.93299999999',
      high: '200000',
      low: '0.0000001',
      close: '7.5',
      volume: '12.7',
    });
    expect(parse({ ...values, low: '1', open: '2000', volume: 0, time: OPEN }).rows[0]!.high).toBe('3044.47');
  });

  test('an open or close outside low to high is kept as sent (trap 37)', () => {
    // UNI-USDT 15m 2025-06-22T07:30Z as recorded: the open is above the high.
    const uni = { open: '6.434', high: '6.433', low: '6.389', close: '6.402', volume: '28368' };
    expect(parse({ ...uni, time: OPEN })).toEqual({ rows: [{ openTime: OPEN, ...uni }], refused: [] });
    const below = { ...uni, open: '6.4', close: '6.388' };
    expect(parse({ ...below, time: OPEN })).toEqual({ rows: [{ openTime: OPEN, ...below }], refused: [] });
  });

  test.each([
    ['an inclusive close time', OPEN + MINUTE_MS - 1],
    ['digits as text', `${OPEN}`],
  ])('%s as time is the same slot (trap 9)', (_, time) => {
    expect(parse({ ...ROW, time })).toEqual({ rows: [PARSED], refused: [] });
  });

  test('the candle that is open right now is a row like any other: nothing here says closed (trap 1) (predecessor fault 1)', () => {
    const open = { ...ROW, time: NOW - 30_000 };
    expect(parse([open]).rows).toEqual([{ ...PARSED, openTime: NOW - 30_000 }]);
  });
});

describe('a bad record is refused and the others live:', () => {
  test.each([
    ['a price of null', { open: null }, 'wrong number'],
    ['a missing field', { close: undefined }, 'wrong number'],
    ['NaN', { high: 'NaN' }, 'wrong number'],
    ['infinity', { high: '1e999' }, 'wrong number'],
    ['an infinite number', { high: Number.POSITIVE_INFINITY }, 'wrong number'],
    ['a boolean', { volume: true }, 'wrong number'],
    ['an array', { volume: ['1'] }, 'wrong number'],
    ['an object', { volume: {} }, 'wrong number'],
    ['words', { low: 'cheap' }, 'wrong number'],
    ['nothing', { low: '' }, 'wrong number'],
    ['a space', { low: ' 0.7033' }, 'wrong number'],
    ['a comma', { low: '0,7033' }, 'wrong number'],
    ['hexadecimal', { low: '0x1' }, 'wrong number'],
    ['a negative price', { low: '-0.7033' }, 'wrong number'],
    ['a negative number', { low: -1 }, 'wrong number'],
    ['a negative volume', { volume: '-1' }, 'wrong number'],
    ['a hundred digits', { volume: '1'.repeat(100) }, 'wrong number'],
    ['a million digits', { volume: '1'.repeat(1_000_000) }, 'wrong number'],
    ['a huge exponent', { volume: '1e99999999' }, 'wrong number'],
    ['a zero price', { low: '0.000' }, 'price not above zero'],
    ['a zero open', { open: '0', low: '0' }, 'price not above zero'],
    ['high below low', { high: '0.70', low: '0.71' }, 'high below low'],
    [
      'high below low by the last of 20 digits',
      { high: '0.70329999999999999999', low: '0.7033' },
      'high below low',
    ],
    ['no time', { time: undefined }, 'wrong time'],
    ['time in words', { time: '2026-11-22' }, 'wrong time'],
    ['a time with a fraction', { time: OPEN + 0.5 }, 'wrong time'],
    ['time zero', { time: 0 }, 'wrong time'],
    ['a negative time', { time: -MINUTE_MS }, 'wrong time'],
    ['a time beyond whole numbers', { time: 2 ** 53 }, 'wrong time'],
    ['a time in seconds', { time: OPEN / 1000 }, 'off the grid'],
    ['a time off the grid', { time: OPEN + 1 }, 'off the grid'],
    ['a slot of tomorrow', { time: OPEN + 24 * HOUR_MS }, 'in the future'],
  ])('%s', (_, change, kind) => {
    const page = [
      { ...ROW, time: OPEN - MINUTE_MS },
      { ...ROW, ...change },
      { ...ROW, time: OPEN - 2 * MINUTE_MS },
    ];
    const { rows, refused } = parse(page);
    expect(refused).toEqual([kind]);
    expect(rows.map(({ openTime }) => openTime)).toEqual([OPEN - MINUTE_MS, OPEN - 2 * MINUTE_MS]);
  });

  test.each([[null], ['row'], [7], [[]], [[OPEN]]])('%j in the place of a row', (raw) => {
    const { rows, refused } = parse([raw, ROW]);
    expect(rows).toEqual([PARSED]);
    expect(refused).toHaveLength(1);
  });

  test('a slot that opens within the clocks’ tolerance is no future, one later is', () => {
    const time = OPEN + MINUTE_MS;
    expect(parse({ ...ROW, time }, MINUTE_MS, time - CLOCK_TOLERANCE_MS).refused).toEqual([]);
    expect(parse({ ...ROW, time }, MINUTE_MS, time - CLOCK_TOLERANCE_MS - 1).refused).toEqual([
      'in the future',
    ]);
  });
});

test('whatever JSON comes, each row that is let through is a legal candle of the grid', () => {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('1', '2', '3.0', 4, 5.5, '1.5e1') },
    { weight: 1, arbitrary: fc.constantFrom('NaN', null, true, '-1', '0', OPEN) },
    { weight: 1, arbitrary: fc.oneof(fc.double(), fc.double().map(String), fc.integer({ min: -3, max: 9 })) },
  );
  const time = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(OPEN, OPEN + 59_999) }, value);
  const fields = fc.record(
    { open: value, high: value, low: value, close: value, volume: value, time },
    { requiredKeys: ['open', 'high', 'low', 'time'] },
  );
  const page = fc.array(fields, { minLength: 1, maxLength: 20 });
  const data = fc.oneof(page, fc.jsonValue(), fields, fc.array(fc.oneof(fc.array(value), fc.jsonValue())));
  let legal = 0;
  fc.assert(
    fc.property(data, (raw) => {
      for (const row of rowsOrNone(raw)) {
        legal++;
        const prices = [row.open, row.high, row.low, row.close].map(Number);
        expect(prices.every((price) => price > 0 && Number.isFinite(price))).toBe(true);
        expect(Number(row.low)).toBeLessThanOrEqual(Number(row.high));
        expect(row.volume).toMatch(/^\d+(\.\d+)?$/);
        expect(row.openTime % MINUTE_MS).toBe(0);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(legal).toBeGreaterThan(100);
});

function rowsOrNone(data: unknown) {
  try {
    return parse(data).rows;
  } catch (error) {
    expect(error).toBeInstanceOf(RetryableError);
    return [];
  }
}
