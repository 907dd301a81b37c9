/**
 * Prints what a month costs: `node tests/cost/table.ts`. With `--positions` every position of the first month of 100 symbols, with `--write` the
 * table into docs/aws.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Measured, monthlyBill } from './bill.ts';
import { costTable, dollars } from './costTable.ts';

const DOCS = new URL('../../docs/aws.md', import.meta.url);
const measured: readonly Measured[] = JSON.parse(
  readFileSync(new URL('./measured.json', import.meta.url), 'utf8'),
);

if (process.argv.includes('--write')) {
  const text = readFileSync(DOCS, 'utf8');
  const table = `<!-- cost -->\n${costTable(measured)}\n<!-- /cost -->`;
  writeFileSync(
    DOCS,
    text.replace(/<!-- cost -->[\s\S]*<!-- \/cost -->/, () => table),
  );
} else {
  process.stdout.write(`${costTable(measured)}\n`);
}
if (process.argv.includes('--positions')) {
  for (const { service, what, amount, price, usd } of monthlyBill({ symbols: 100, month: 1, measured })) {
    process.stdout.write(`${service} ${what}: ${amount.toPrecision(4)} at ${price} = ${dollars(usd)}\n`);
  }
}
