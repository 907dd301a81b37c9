import {
  findingsOf,
  formatDate,
  formatInstant,
  type HistoryDifference,
  type LakeAudit,
} from '@candlelake/core';
import {
  type AuditReport,
  type Counts,
  type DayRow,
  dayRowsOf,
  differencesOf,
  isComplete,
  type SymbolSum,
  sum,
  sumsOf,
  verdictOf,
} from './auditRows.ts';
import { countOf, formatCount } from './formatNumber.ts';
import { formatSymbols } from './formatSymbols.ts';
import { printable } from './lines.ts';
import { alignTable } from './table.ts';

/** More findings than this are only counted in text; JSON lists all. */
const MAX_LISTED = 40;

/** The report as text: tables, findings, verdict. Days that are complete are left out unless `all`. */
export function auditLines(report: AuditReport, all: boolean): readonly string[] {
  const { output, audit, market, symbols } = report;
  const rows = dayRowsOf(report);
  const interval = audit.settings?.interval ?? '-';
  const shown = rows.filter((row) => all || !isComplete(row));
  return [
    `${output}: ${formatSymbols(symbols, market)}, candles of ${interval}, as of ${formatInstant(audit.asOf)}`,
    ...alignTable([HEADER, ...shown.map(dayCells), ...sumsOf(report).map(sumCells)], 2),
    objectsLine(audit),
    ...limited(damageLines(audit)),
    ...comparisonLines(report),
    verdictLine(report),
  ];
}

const HEADER = ['symbol', 'day', 'expected', 'final', 'provisional', 'quiet', 'unavailable', 'missing', ''];

function countCells({ expected, final, provisional, quiet, unavailable, missing }: Counts): string[] {
  return [expected, final, provisional, quiet, unavailable, missing].map(formatCount);
}

function dayCells({ symbol, day, isPending, coverage, unreadable }: DayRow): string[] {
  const { firstMissing } = coverage;
  const notes = [
    ...(firstMissing === null ? [] : [`first missing ${formatInstant(firstMissing)}`]),
    ...(unreadable === 0 ? [] : [`${formatCount(unreadable)} with rows that cannot be read`]),
    ...(isPending ? ['not derived yet'] : []),
  ];
  return [symbol, formatDate(day), ...countCells(coverage), notes.join(', ')];
}

function sumCells({ symbol, days, counts }: SymbolSum): string[] {
  return [symbol, countOf(days, 'day'), ...countCells(counts), 'sum'];
}

function objectsLine({ days }: LakeAudit): string {
  const pending = days.filter(({ isPending }) => isPending).length;
  const note = pending === 0 ? '' : `; ${countOf(pending, 'day')} not derived yet`;
  return `${countOf(sum(days.map(({ objects }) => objects)), 'object')} compared with the store${note}`;
}

function damageLines(audit: LakeAudit): readonly string[] {
  const stale = audit.days.flatMap(({ day, staleFacts }) =>
    staleFacts.map((detail) => `  store  ${formatDate(day)}: ${detail}`),
  );
  const found = findingsOf(audit).map(({ path, kind, detail }) => `  ${kind}  ${path}: ${detail}`);
  return [...found, ...stale].map(printable);
}

function comparisonLines(report: AuditReport): readonly string[] {
  const { comparisons } = report;
  if (comparisons === null) return [];
  const differences = differencesOf(report);
  const compared = sum(comparisons.map((one) => one.compared));
  const refused = comparisons.filter((one) => one.refused !== null);
  return [
    `${countOf(compared, 'candle')} compared with the exchange, ${formatCount(differences.length)} differ`,
    ...limited(differences.map(differenceLine)),
    ...refused.map(({ series, refused: reason }) => `  ${series.symbol}: ${reason}`),
  ];
}

function differenceLine({ series, openTime, stored, found }: HistoryDifference): string {
  const place = `  ${series.symbol} ${formatInstant(openTime)}`;
  if (stored === null) return `${place}: stored as empty, the exchange shows a candle`;
  const names = (['open', 'high', 'low', 'close', 'volume'] as const).filter(
    (name) => stored[name] !== found[name],
  );
  const changes = names.map((name) => `${name} ${stored[name]}, the exchange shows ${found[name]}`);
  return `${place}: ${changes.join('; ')}`;
}

function verdictLine(report: AuditReport): string {
  const verdict = verdictOf(report);
  if (verdict === 'whole') return 'whole and complete';
  const flag = differencesOf(report).length > 0 ? ' --against-exchange' : '';
  const mend = `; "candlelake repair --output ${report.output}${flag}" mends what can be mended`;
  if (verdict === 'damaged') return `damaged${mend}`;
  const isConfirmed = sumsOf(report).every(({ counts }) => counts.provisional === 0);
  const byStream = isConfirmed ? '' : '; a running stream makes its newest candles final';
  return `whole, but not complete${byStream}${mend}`;
}

function limited(lines: readonly string[]): readonly string[] {
  const more = lines.length - MAX_LISTED;
  return more > 0
    ? [...lines.slice(0, MAX_LISTED), `  and ${formatCount(more)} more; --json lists all`]
    : lines;
}
