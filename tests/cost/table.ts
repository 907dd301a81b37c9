/**
 * Prints what a month costs: `node tests/cost/table.ts`. With `--positions` every position of the first month
 * of 100 symbols, with `--write` the table into docs/aws.md and README.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Measured, monthlyBill } from './bill.ts';
import { costTable, dollars } from './costTable.ts';

const DOCS = ['../../docs/aws.md', '../../README.md'].map((path) => new URL(path, import.meta.url));
const measured: readonly Measured[] = JSON.parse(
  readFileSync(new URL('./measured.json', import.meta.url), 'utf8'),
);

if (process.argv.includes('--write')) {
  const table = `<!-- cost -->\n${costTable(measured)}\n<!-- /cost -->`;
  for (const page of DOCS) {
    const text = readFileSync(page, 'utf8');
    writeFileSync(
      page,
      text.replace(/<!-- cost -->[\s\S]*<!-- \/cost -->/, () => table),
    );
  }
} else {
  process.stdout.write(`${costTable(measured)}\n`);
}
if (process.argv.includes('--positions')) {
  for (const { service, what, amount, price, usd } of monthlyBill({ symbols: 100, month: 1, measured })) {
    process.stdout.write(`${service} ${what}: ${amount.toPrecision(4)} at ${price} = ${dollars(usd)}\n`);
  }
}
