import {
  findingsOf,
  formatDate,
  formatInstant,
  type HistoryComparison,
  type HistoryDifference,
} from '@candlelake/core';
import { type AuditReport, dayRowsOf, isComplete, sum, sumsOf, verdictOf } from './auditRows.ts';

/** The report as one object. Names of columns are those of the lake. */
export function auditJson(report: AuditReport, all: boolean): Readonly<Record<string, unknown>> {
  const { output, audit, comparisons } = report;
  const rows = dayRowsOf(report).filter((row) => all || !isComplete(row));
  return {
    output,
    verdict: verdictOf(report),
    store: null,
    as_of: formatInstant(audit.asOf),
    interval: audit.settings?.interval ?? null,
    symbols: sumsOf(report).map(({ symbol, days, counts }) => ({ symbol, days, ...counts })),
    days: rows.map(({ symbol, day, isPending, unreadable, coverage: { firstMissing, ...counts } }) => ({
      symbol,
      date: formatDate(day),
      ...counts,
      first_missing: firstMissing === null ? null : formatInstant(firstMissing),
      unreadable,
      pending: isPending,
    })),
    objects: sum(audit.days.map(({ objects }) => objects)),
    pending_days: audit.days.filter(({ isPending }) => isPending).map(({ day }) => formatDate(day)),
    findings: findingsOf(audit),
    stale_facts: audit.days.flatMap(({ day, staleFacts }) =>
      staleFacts.map((detail) => ({ date: formatDate(day), detail })),
    ),
    against_exchange: comparisons && comparisonsJson(comparisons),
  };
}

function comparisonsJson(comparisons: readonly HistoryComparison[]) {
  return comparisons.map(({ series: { symbol }, from, to, compared, refused, differences }) => ({
    symbol,
    from: formatInstant(from),
    to: formatInstant(to),
    compared,
    refused,
    differences: differences.map(({ openTime, stored, found }) => ({
      open_time: formatInstant(openTime),
      stored: stored && valuesOf(stored),
      exchange: valuesOf(found),
    })),
  }));
}

function valuesOf({ open, high, low, close, volume }: HistoryDifference['found']) {
  return { open, high, low, close, volume };
}
