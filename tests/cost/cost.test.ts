import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PRICES } from '../../infra/prices.ts';
import { FUNCTIONS } from '../../packages/functions/src/names.ts';
import { ASSUMED, HOURS_PER_MONTH } from './assumptions.ts';
import { type Measured, monthlyBill, totalOf } from './bill.ts';
import { costTable } from './costTable.ts';

/** A line of the API's access log. */
const ACCESS_LOG_BYTES = 400;

const measured: readonly Measured[] = JSON.parse(
  readFileSync(new URL('./measured.json', import.meta.url), 'utf8'),
);
const monthOf = (symbols: number, month: 1 | 12) => totalOf(monthlyBill({ symbols, month, measured }));

test('a month of one symbol costs less than $15, and of 100 symbols less than $20, a year later too', () => {
  for (const month of [1, 12] as const) {
    expect(monthOf(1, month)).toBeLessThan(15);
    expect(monthOf(100, month)).toBeLessThan(20);
  }
});

test('averages cross about as often in the simulation as in recorded bars', () => {
  // 72 times in 420 bars of BTC-USDT, with averages over 3 and 7 bars: tests/fixtures/bingx/btc-usdt-21m-bars.csv.
  for (const { symbols, warm, steady } of measured) {
    const bars = (symbols * (warm.hours + steady.hours) * 69) / 24;
    const share = (warm.usage.notices + steady.usage.notices) / bars;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.3);
  }
});

test('one more symbol costs at most five cents a month', () => {
  expect(monthOf(101, 1) - monthOf(100, 1)).toBeLessThanOrEqual(0.05);
});

test('the twelfth month has a year of storage and backup to pay for, and no backfill', () => {
  const positions = (month: 1 | 12) => monthlyBill({ symbols: 100, month, measured });
  const amountOf = (month: 1 | 12, what: string) =>
    positions(month).find((position) => position.what === what)!.amount;
  expect(amountOf(12, 'storage') / amountOf(1, 'storage')).toBeCloseTo(365 / (730 / 48), 6);
  expect(amountOf(12, 'write units')).toBeLessThan(amountOf(1, 'write units'));
});

test('what does not depend on symbols is billed as its list price says', () => {
  const bill = monthlyBill({ symbols: 1, month: 1, measured });
  const usdOf = (what: string) => bill.find((position) => position.what === what)!.usd;
  // $7.21 and $3.65: the sums that the design was calculated with, from the same sources.
  expect(usdOf('vCPU') + usdOf('memory')).toBeCloseTo(7.21, 2);
  expect(usdOf('public address')).toBeCloseTo(3.65, 2);
  expect(usdOf('metrics')).toBeCloseTo(5.1 * 0.3, 6);
});

test.each(['docs/aws.md', 'README.md'])('the table of %s is the one that the model gives', (page) => {
  expect(readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')).toContain(
    `<!-- cost -->\n${costTable(measured)}\n<!-- /cost -->`,
  );
});

test('failed conditions are billed as the writes that they are', () => {
  for (const { steady } of measured) {
    for (const use of Object.values(steady.usage.table)) {
      expect(use.failedConditions).toBeLessThanOrEqual(use.writeUnits);
    }
  }
});

test('a stranger who asks for /health as often as the API allows costs what infra/api.ts says', () => {
  const requests = 5 * HOURS_PER_MONTH * 3600;
  const { fixed } = ASSUMED.seconds.health;
  const logBytes = ASSUMED.callLogBytes + ACCESS_LOG_BYTES;
  const usd =
    PRICES.apiCall.usd +
    PRICES.lambdaCall.usd +
    PRICES.lambdaTime.usd * fixed * (FUNCTIONS.health.memoryMb / 1024) +
    PRICES.s3Read.usd +
    PRICES.dynamoRead.usd +
    PRICES.logs.usd * (logBytes / 1e9);
  const [, said] = /a month of constant requests costs \$(\d+)/.exec(readFileSync('infra/api.ts', 'utf8'))!;
  expect(Math.round(requests * usd)).toBe(Number(said));
});

test('every price names its unit, its source and when it was read', () => {
  for (const [name, { usd, per, asOf, source }] of Object.entries(PRICES)) {
    expect(usd, name).toBeGreaterThan(0);
    expect(asOf, name).toMatch(/^20\d\d-\d\d$/);
    expect(per.length * source.length, name).toBeGreaterThan(0);
  }
});
