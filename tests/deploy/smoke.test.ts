import { describe, expect, test } from 'vitest';
import { alarmsWithoutMetric, differenceOf } from '../../scripts/aws/compare.ts';

describe('answers of Athena and DuckDB', () => {
  const NOON = Date.UTC(2026, 10, 22, 12);
  const duckDb = [{ open_time: NOON, symbol: 'BTC-USDT', volume: 0.1 + 0.2, ma_cross: null, final: 480 }];
  const athena = {
    open_time: '2026-11-22 12:00:00.000',
    symbol: 'BTC-USDT',
    volume: '0.3',
    ma_cross: null,
    final: '480',
  };

  test('are the same when instants, texts and numbers are, up to the last digits of a sum', () => {
    expect(differenceOf([athena], duckDb)).toBeNull();
  });

  test.each([
    [{ volume: '0.30001' }, 'row 0, volume: "0.30001" in Athena, "0.30000000000000004" in DuckDB'],
    [{ open_time: '2026-11-22 12:03:00.000' }, /^row 0, open_time/],
    [{ ma_cross: 'GOLDEN_CROSS' }, /^row 0, ma_cross/],
    [{ symbol: null }, /^row 0, symbol/],
  ])('differ in %j', (change, expected) => {
    expect(differenceOf([{ ...athena, ...change }], duckDb)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  test('differ in the number of rows', () => {
    expect(differenceOf([], duckDb)).toBe('0 rows in Athena, 1 in DuckDB');
  });
});

test('an alarm has its metric only with the same namespace, name and dimensions', () => {
  const metric = (MetricName: string, Value: string) => ({
    Namespace: 'candlelake',
    MetricName,
    Dimensions: [{ Name: 'service', Value }],
  });
  const alarms = [
    { AlarmName: 'Late', ...metric('LiveDelaySeconds', 'candlelake-try') },
    { AlarmName: 'Unhealthy', ...metric('HealthOk', 'candlelake-try') },
    {
      AlarmName: 'TableThrottled',
      Metrics: [{}, { MetricStat: { Metric: metric('ReadThrottleEvents', 'candlelake-try') } }],
    },
  ];
  const metrics = [metric('LiveDelaySeconds', 'candlelake-try'), metric('HealthOk', 'candlelake-other')];
  expect(alarmsWithoutMetric(alarms, metrics)).toEqual(['Unhealthy', 'TableThrottled']);
});
