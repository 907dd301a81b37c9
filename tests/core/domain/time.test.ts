import {
  floorToInterval,
  formatDate,
  formatInstant,
  INTERVALS,
  intervalMs,
  parseInstant,
  startOfDay,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const DAY = Date.UTC(2026, 10, 22);
const AT = Date.UTC(2026, 10, 22, 12, 3);

describe('an instant', () => {
  it('is written in minutes, and with seconds or milliseconds only when it has them', () => {
    expect(formatInstant(AT)).toBe('2026-11-22T12:03Z');
    expect(formatInstant(AT + 4_000)).toBe('2026-11-22T12:03:04Z');
    expect(formatInstant(AT + 4_005)).toBe('2026-11-22T12:03:04.005Z');
    expect(formatInstant(AT + 60_000 - 1)).toBe('2026-11-22T12:03:59.999Z');
  });

  it.each([
    ['2026-11-22', DAY],
    ['2026-11-22T12:03Z', AT],
    ['2026-11-22T12:03', AT],
    ['2026-11-22 12:03', AT],
    [' 2026-11-22 12:03:04Z ', AT + 4_000],
    ['2026-11-22T12:03:04.5Z', AT + 4_500],
    ['2026-11-22T12:03:04.005', AT + 4_005],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
  ])('is read as UTC: "%s"', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each([
    ...[
      '',
      '2026-11',
      '2026-11-22T',
      '2026-11-22T12',
      '2026-11-22T12:03+01:00',
      '2026-11-22T12:03Zx',
      'x2026-11-22',
    ],
    ...[
      '2026-02-29',
      '2026-02-30',
      '2026-13-01',
      '2026-00-10',
      '2026-11-22T25:00',
      '2026-11-22T12:60',
      '20261122',
    ],
    ...['2026-11-22T12:03:04.0005Z', '2026-11-22x12:03', '1795348980000'],
  ])('is not read from "%s"', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  it('is read back as it was written', () => {
    for (const time of [0, DAY, AT, AT + 1, AT + 59_000])
      expect(parseInstant(formatInstant(time))).toBe(time);
  });
});

describe('a day', () => {
  it('begins at midnight UTC, also before 1970', () => {
    expect([DAY - 1, DAY, DAY + 86_399_999].map(startOfDay)).toEqual([DAY - 86_400_000, DAY, DAY]);
    expect(startOfDay(-1)).toBe(-86_400_000);
    expect([DAY - 1, DAY].map(formatDate)).toEqual(['2026-11-21', '2026-11-22']);
  });
});

describe('an interval', () => {
  it('is one of the twelve that BingX has up to a day, with its length in minutes', () => {
    const minutes = { '1m': 1, '3m': 3, '5m': 5, '15m': 15, '30m': 30, '1h': 60 };
    const hours = { '2h': 120, '4h': 240, '6h': 360, '8h': 480, '12h': 720, '1d': 1440 };
    const lengths = INTERVALS.map((interval) => [interval, intervalMs(interval) / 60_000]);
    expect(Object.fromEntries(lengths)).toEqual({ ...minutes, ...hours });
  });

  it('holds a time in the candle that opens at or before it', () => {
    expect(floorToInterval(AT, '3m')).toBe(AT);
    expect(floorToInterval(AT - 1, '3m')).toBe(AT - 180_000);
    expect(floorToInterval(AT + 179_999, '3m')).toBe(AT);
    expect(floorToInterval(AT, '4h')).toBe(DAY + 12 * 3_600_000);
  });
});
