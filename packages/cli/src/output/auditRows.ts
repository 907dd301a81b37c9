import {
  type Coverage,
  type EpochMs,
  type HistoryComparison,
  type HistoryDifference,
  isDamaged,
  type LakeAudit,
  type Market,
} from '@candlelake/core';

/** What an audit is to say. */
export interface AuditReport {
  readonly output: string;
  readonly audit: LakeAudit;
  /** The market and symbols in the tables; objects hold all of both markets, and all is checked. */
  readonly market: Market;
  readonly symbols: readonly string[];
  /** Null when history was not asked. */
  readonly comparisons: readonly HistoryComparison[] | null;
}

export type AuditVerdict = 'whole' | 'incomplete' | 'damaged';

export type Counts = Omit<Coverage, 'firstMissing'>;

/** One symbol and day. */
export interface DayRow {
  readonly symbol: string;
  readonly day: EpochMs;
  readonly isPending: boolean;
  readonly coverage: Coverage;
  /** Those of the missing slots of which history holds rows that cannot be read. */
  readonly unreadable: number;
}

/** The days of one symbol together. */
export interface SymbolSum {
  readonly symbol: string;
  readonly days: number;
  readonly counts: Counts;
}

/**
 * `damaged`: something in lake or store is not what it should be, or the exchange shows other values;
 * `incomplete`: slots are missing, provisional or unavailable, or a day is not derived yet.
 */
export function verdictOf(report: AuditReport): AuditVerdict {
  if (isDamaged(report.audit) || differencesOf(report).length > 0) return 'damaged';
  return dayRowsOf(report).every(isComplete) ? 'whole' : 'incomplete';
}

/** A row for each symbol and day, sorted. */
export function dayRowsOf({ audit, market, symbols }: AuditReport): readonly DayRow[] {
  const wanted = new Set(symbols);
  const rows = audit.days.flatMap(({ day, isPending, coverage: ofDay }) =>
    ofDay
      .filter(({ series }) => series.market === market && wanted.has(series.symbol))
      .map(({ series: { symbol }, ...counted }) => ({ symbol, day, isPending, ...counted })),
  );
  return rows.sort((a, b) => (a.symbol === b.symbol ? a.day - b.day : a.symbol < b.symbol ? -1 : 1));
}

/** Whether every expected slot is final or quiet, and the lake shows it. */
export function isComplete({ isPending, coverage: { missing, provisional, unavailable } }: DayRow): boolean {
  return !isPending && missing + provisional + unavailable === 0;
}

/** The sum of each symbol. */
export function sumsOf(report: AuditReport): readonly SymbolSum[] {
  return [...Map.groupBy(dayRowsOf(report), ({ symbol }) => symbol)].map(([symbol, rows]) => {
    const total = (count: keyof Counts) => sum(rows.map(({ coverage }) => coverage[count]));
    const counts = {
      expected: total('expected'),
      final: total('final'),
      provisional: total('provisional'),
      quiet: total('quiet'),
      unavailable: total('unavailable'),
      missing: total('missing'),
    };
    return { symbol, days: rows.length, counts };
  });
}

/** Where the exchange shows something else than the store. */
export function differencesOf({ comparisons }: AuditReport): readonly HistoryDifference[] {
  return (comparisons ?? []).flatMap(({ differences }) => differences);
}

/** The sum of some counts. */
export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
