import { describe, expect, it } from 'vitest';
import {
  formatChange,
  formatDuration,
  formatMark,
  formatMinute,
  formatPrice,
  formatVolume,
  priceDecimals,
} from '../../packages/page/src/model/format.ts';
import { actionOf, KEY_HELP } from '../../packages/page/src/model/keys.ts';
import { legendParts } from '../../packages/page/src/model/legend.ts';
import { crossMarkers, crossText } from '../../packages/page/src/model/markers.ts';
import { tableHead, tableRows } from '../../packages/page/src/model/table.ts';
import { exampleBar } from './exampleBars.ts';

const PERIODS = { maShort: 3, maLong: 7, atr: 14 };
const OPTIONS = { precision: 1, zone: 'UTC', periods: PERIODS } as const;
const OPEN = Date.parse('2026-11-20T23:48Z');
const CROSS = exampleBar({
  ...{ open_time: OPEN, open: 91_000, high: 91_250.5, low: 90_900, close: 91_100, volume: 1234.5 },
  ...{ ma_short: 91_050.25, ma_long: 91_000, ma_cross: 'GOLDEN_CROSS', atr: 120.5 },
  ...{ candle_count: 4, expected_count: 4 },
});

describe('numbers', () => {
  it('prices have the decimals of their symbol', () => {
    expect(formatPrice(91_234.5, 1)).toBe('91,234.5');
    expect(formatPrice(0.14, 5)).toBe('0.14000');
    expect(formatPrice(-3, 0)).toBe('\u22123');
  });

  it.each([
    [null, [91_000.5, 91_001.25], 2],
    [null, [0.000012, 0.1], 6],
    [null, [], 0],
    [4, [1.23456789], 4],
  ])('the decimals of precision %s and prices %j are %i', (precision, prices, decimals) =>
    expect(priceDecimals(precision, prices)).toBe(decimals),
  );

  it.each([
    [101, 100, '+1.00 %'],
    [99, 100, '\u22121.00 %'],
    [100.001, 100, '0.00 %'],
  ])('from %f to %f is %s', (price, before, text) => expect(formatChange(price, before)).toBe(text));

  it('volumes are short', () => {
    expect([12.5, 99_999, 1_234_567].map(formatVolume)).toEqual(['12.5', '99,999', '1.235M']);
  });

  it.each([
    [850, '850 ms'],
    [4200, '4.2 s'],
    [65_000, '65 s'],
    [300_000, '5 min'],
    [10_800_000, '3 h'],
  ])('%i ms is "%s"', (lengthMs, text) => expect(formatDuration(lengthMs)).toBe(text));
});

describe('times', () => {
  it('are UTC unless told otherwise, whatever the zone of the machine is', () => {
    expect(formatMinute(OPEN, 'UTC')).toBe('2026-11-20 23:48');
    const local = new Date(OPEN);
    const hour = String(local.getHours()).padStart(2, '0');
    expect(formatMinute(OPEN, 'local')).toMatch(new RegExp(`${hour}:48$`));
  });

  it('marks of the axis name a year, month, day or time', () => {
    const midnight = Date.parse('2026-01-01T00:00Z');
    expect([0, 1, 2, 3].map((kind) => formatMark(midnight, kind, 'UTC'))).toEqual([
      ...['2026', 'Jan 2026', '1 Jan', '00:00'],
    ]);
    expect(formatMark(OPEN, 2, 'UTC')).toBe('20 Nov 23:48');
  });
});

describe('legendParts', () => {
  it('says everything of a bar in the order of reading', () => {
    const parts = legendParts({ bar: CROSS, previous: exampleBar({ close: 91_000 }), ...OPTIONS });
    expect(parts.map(({ label, value }) => `${label} ${value}`.trim()).join(' | ')).toBe(
      '2026-11-20 23:48 | O 91,000.0 | H 91,250.5 | L 90,900.0 | C 91,100.0 | +0.11 % | V 1,234.5 | ' +
        'MA 3 91,050.3 | MA 7 91,000.0 | ATR 14 120.5 | candles 4/4 | complete',
    );
  });

  it('leaves out what the bar does not have', () => {
    const parts = legendParts({ bar: exampleBar(), previous: undefined, ...OPTIONS });
    expect(parts.map(({ label }) => label)).toEqual(['', 'O', 'H', 'L', 'C', 'V', 'candles', '']);
    expect(legendParts({ bar: undefined, previous: undefined, ...OPTIONS })).toEqual([]);
  });

  it.each([
    [{ status: 'complete' as const }, 'complete', undefined],
    [{ status: 'short' as const }, 'short', 'warning'],
    [{ status: 'provisional' as const }, 'provisional', 'warning'],
    [{ status: 'provisional' as const, is_open: true }, 'open', undefined],
  ])('the status of %j is "%s"', (change, value, tone) => {
    const last = legendParts({ bar: exampleBar(change), previous: undefined, ...OPTIONS }).at(-1);
    expect([last?.value, last?.tone]).toEqual([value, tone]);
  });
});

describe('crossovers', () => {
  it('have a marker each', () => {
    const death = exampleBar({ open_time: 5, ma_cross: 'DEATH_CROSS' });
    expect(crossMarkers([exampleBar(), death, CROSS])).toEqual([
      { openTime: 5, kind: 'death' },
      { openTime: OPEN, kind: 'golden' },
    ]);
  });

  it('have their values in the tooltip', () => {
    expect(crossText(CROSS, OPTIONS)).toEqual([
      ...['Golden cross', '2026-11-20 23:48', 'MA 3  91,050.3', 'MA 7  91,000.0', 'Close  91,100.0'],
    ]);
    expect(crossText({ ...CROSS, is_open: true }, OPTIONS)?.at(-1)).toMatch(/open/);
    expect(crossText(exampleBar(), OPTIONS)).toBeNull();
    expect(crossText(undefined, OPTIONS)).toBeNull();
  });
});

describe('the table', () => {
  it('has the last bars, the newest first, a cell for each heading', () => {
    const bars = [exampleBar(), exampleBar({ open_time: 1_260_000, is_open: true }), CROSS];
    const rows = tableRows(bars, { count: 2, precision: 1, zone: 'UTC' });
    expect(rows.map(([time]) => time)).toEqual(['2026-11-20 23:48', '1970-01-01 00:21']);
    expect(rows[0]!.slice(-3)).toEqual(['golden', '4/4', 'complete']);
    expect(rows[1]!.at(-1)).toBe('open');
    expect(tableHead(PERIODS, 'UTC').length).toBe(rows[0]!.length);
  });
});

describe('actionOf', () => {
  const press = (key: string, change = {}) =>
    actionOf({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...change });

  it.each([
    ['ArrowLeft', 'scrollLeft'],
    ['+', 'zoomIn'],
    ['-', 'zoomOut'],
    ['/', 'pickSymbol'],
    ['?', 'help'],
    ['T', 'table'],
    ['Escape', 'leave'],
    ['x', null],
    ['constructor', null],
  ])('%s is %s', (key, action) => expect(press(key)).toBe(action));

  it('reads bar by bar with Shift, and leaves shortcuts of the browser alone', () => {
    expect(press('ArrowRight', { shiftKey: true })).toBe('nextBar');
    expect(press('t', { ctrlKey: true })).toBeNull();
  });

  it('has a help line for each kind of key', () => {
    const text = KEY_HELP.map(({ keys }) => keys).join(' ');
    for (const key of ['\u2190', '+', '\u2212', '/', '?', 'End', 'Esc']) expect(text).toContain(key);
  });
});
