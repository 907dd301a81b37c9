import { type Measured, monthlyBill, type Position, totalOf } from './bill.ts';

const COLUMNS = [
  { symbols: 1, month: 1 },
  { symbols: 100, month: 1 },
  { symbols: 1, month: 12 },
  { symbols: 100, month: 12 },
  // All contracts that BingX lists.
  { symbols: 1300, month: 12 },
] as const;

/** What a month costs, by service, as a Markdown table. */
export function costTable(measured: readonly Measured[]): string {
  const bills = COLUMNS.map((column) => monthlyBill({ ...column, measured }));
  const services = [...new Set(bills[0]!.map(({ service }) => service))];
  const titles = COLUMNS.map(
    ({ symbols, month }) => `${symbols} symbol${symbols === 1 ? '' : 's'}, month ${month}`,
  );
  const rows = [
    ['', ...titles],
    ['---', ...COLUMNS.map(() => '--:')],
    ...services.map((service) => [service, ...bills.map((bill) => dollars(sumOf(bill, service)))]),
    ['**together**', ...bills.map((bill) => `**${dollars(totalOf(bill))}**`)],
  ];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}

function sumOf(bill: readonly Position[], service: string): number {
  return totalOf(bill.filter((position) => position.service === service));
}
