import {
  type EpochMs,
  formatDate,
  formatInstant,
  formatTimeframe,
  type LakeSettings,
  type Market,
} from '@candlelake/core';
import type { RunningProcess } from '../adapters/runningProcesses.ts';
import type { Counts } from './auditRows.ts';
import { countOf, formatBytes, formatCount } from './formatNumber.ts';
import { formatSymbols } from './formatSymbols.ts';
import { formatSecond } from './formatTime.ts';
import { alignTable } from './table.ts';

/** What an output folder holds. */
export interface FolderStatus {
  readonly output: string;
  readonly market: Market;
  /** Those of the store that are not shown. */
  readonly otherMarkets: readonly Market[];
  /** Null while the store is new. */
  readonly settings: LakeSettings | null;
  readonly asOf: EpochMs;
  readonly symbols: readonly SymbolHolding[];
  /** Days whose objects are stale. */
  readonly pendingDays: number;
  readonly store: { readonly bytes: number; readonly changedAt: EpochMs };
  readonly lake: { readonly files: number; readonly bytes: number };
  /** Null when it cannot be told. */
  readonly processes: readonly RunningProcess[] | null;
}

/** What is known of the slots of one symbol, by the coverage of the days that are derived. */
export interface SymbolHolding {
  readonly symbol: string;
  /** The first and the last day; null before the first is derived. */
  readonly firstDay: EpochMs | null;
  readonly lastDay: EpochMs | null;
  readonly days: number;
  readonly counts: Counts;
  readonly firstMissing: EpochMs | null;
}

/** The status as lines of text. */
export function statusLines(status: FolderStatus): readonly string[] {
  const { output, market, otherMarkets, settings, asOf, symbols, pendingDays, store, lake } = status;
  const names = formatSymbols(
    symbols.map(({ symbol }) => symbol),
    market,
  );
  const bars = settings?.timeframes.map(formatTimeframe).join(', ');
  const kept =
    settings && symbols.length > 0
      ? `${names}, candles of ${settings.interval}, bars of ${bars}`
      : 'no candles yet';
  const pending = pendingDays === 0 ? '' : `; ${countOf(pendingDays, 'day')} to be derived`;
  return [
    `${output}: ${kept}${asOf > 0 ? `, as of ${formatInstant(asOf)}` : ''}`,
    ...(symbols.length === 0 ? [] : alignTable([HEADER, ...symbols.map(cellsOf)], 3)),
    ...otherMarkets.map((other) => `it also has candles of ${other}: --market ${other} shows them`),
    `store ${formatBytes(store.bytes)}, last written ${formatSecond(store.changedAt)} UTC; lake ${countOf(lake.files, 'file')}, ${formatBytes(lake.bytes)}${pending}`,
    ...processLines(status),
  ];
}

const HEADER = ['symbol', 'from', 'to', 'slots', 'complete', 'provisional', 'missing', 'unavailable', ''];

function cellsOf({ symbol, firstDay, lastDay, counts, firstMissing }: SymbolHolding): readonly string[] {
  const { expected, provisional, missing, unavailable } = counts;
  const day = (time: EpochMs | null) => (time === null ? '-' : formatDate(time));
  return [
    ...[symbol, day(firstDay), day(lastDay), formatCount(expected)],
    ...[
      formatShare(shareComplete(counts)),
      formatCount(provisional),
      formatCount(missing),
      formatCount(unavailable),
    ],
    firstMissing === null ? '' : `first missing ${formatInstant(firstMissing)}`,
  ];
}

/** The part of the expected slots that are final or quiet; null when none is expected. */
function shareComplete({ expected, final, quiet }: Counts): number | null {
  return expected === 0 ? null : (final + quiet) / expected;
}

/** `100 %` only when nothing is left. */
function formatShare(share: number | null): string {
  return share === null ? '-' : `${(Math.floor(share * 1e4) / 100).toFixed(share === 1 ? 0 : 2)} %`;
}

function processLines({ processes, output }: FolderStatus): readonly string[] {
  if (processes === null)
    return ['whether a process keeps it cannot be told: the folder is not writable for this user'];
  if (processes.length === 0) return [`no process keeps it; "candlelake stream --output ${output}" does`];
  return processes.map(({ command, pid, startedAt, url }) => {
    const address = url === null ? '' : `, ${url}/health`;
    return `kept by ${command}, process ${pid}, since ${formatSecond(startedAt)} UTC${address}`;
  });
}

/** The status as one object. */
export function statusJson(status: FolderStatus): Readonly<Record<string, unknown>> {
  const { output, market, settings, asOf, symbols, pendingDays, store, lake, processes } = status;
  const instant = (time: EpochMs | null) => (time === null ? null : formatInstant(time));
  const day = (time: EpochMs | null) => (time === null ? null : formatDate(time));
  return {
    output,
    market,
    interval: settings?.interval ?? null,
    timeframes: settings?.timeframes.map(formatTimeframe) ?? [],
    as_of: asOf > 0 ? formatInstant(asOf) : null,
    pending_days: pendingDays,
    store: { bytes: store.bytes, written_at: new Date(store.changedAt).toISOString() },
    lake,
    processes:
      processes?.map(({ startedAt, ...rest }) => ({ ...rest, started_at: instant(startedAt) })) ?? null,
    symbols: symbols.map(({ symbol, firstDay, lastDay, days, counts, firstMissing }) => ({
      ...{ symbol, from: day(firstDay), to: day(lastDay), days, ...counts },
      ...{ complete: shareComplete(counts), first_missing: instant(firstMissing) },
    })),
  };
}
