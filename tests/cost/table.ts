/** Prints what a month costs, for the README: `node tests/cost/table.ts`. */
import { readFileSync } from 'node:fs';
import { type Measured, monthlyBill, type Position, totalOf } from './bill.ts';

const measured: readonly Measured[] = JSON.parse(
  readFileSync(new URL('./measured.json', import.meta.url), 'utf8'),
);
const COLUMNS = [
  { symbols: 1, month: 1 },
  { symbols: 100, month: 1 },
  { symbols: 1, month: 12 },
  { symbols: 100, month: 12 },
] as const;

const bills = COLUMNS.map((column) => monthlyBill({ ...column, measured }));
const dollars = (usd: number) => `$${usd.toFixed(2)}`;
const sumOf = (bill: readonly Position[], service: string) =>
  totalOf(bill.filter((position) => position.service === service));

const services = [...new Set(bills[0]!.map(({ service }) => service))];
const rows = [
  [
    'a month',
    ...COLUMNS.map(({ symbols, month }) => `${symbols} symbol${symbols === 1 ? '' : 's'}, month ${month}`),
  ],
  ['---', ...COLUMNS.map(() => '--:')],
  ...services.map((service) => [service, ...bills.map((bill) => dollars(sumOf(bill, service)))]),
  ['**together**', ...bills.map((bill) => `**${dollars(totalOf(bill))}**`)],
];
process.stdout.write(`${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`);
if (process.argv.includes('--positions')) {
  for (const { service, what, amount, price, usd } of bills[1]!) {
    process.stdout.write(`${service} ${what}: ${amount.toPrecision(4)} at ${price} = ${dollars(usd)}\n`);
  }
}
