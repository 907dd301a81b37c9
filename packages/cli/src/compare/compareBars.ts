import { barAt, type EpochMs, type Periods, startOfDay } from '@candlelake/core';
import type { Chart, ComparedColumn } from './chartFile.ts';

/** A bar of the lake. */
export interface LakeBar {
  readonly openTime: EpochMs;
  readonly status: string;
  readonly values: Partial<Readonly<Record<ComparedColumn, number>>>;
}

export interface CompareOptions {
  readonly timeframeMinutes: number;
  /** Largest difference of equal values, as a fraction of the greater one. */
  readonly tolerance: number;
  readonly periods: Periods;
}

/** A value that differs. */
export interface Difference {
  readonly openTime: EpochMs;
  /** Line of the file. */
  readonly line: number;
  /** Of the lake's bar. */
  readonly status: string;
  readonly column: ComparedColumn;
  readonly chart: number;
  readonly lake: number;
}

export interface ColumnComparison {
  readonly column: ComparedColumn;
  readonly compared: number;
  /** The greatest difference first. */
  readonly differences: readonly Difference[];
}

export interface ChartComparison {
  /** The bars that both have. */
  readonly common: number;
  /** Bars of the chart before or after the lake's. */
  readonly outside: number;
  readonly onlyInChart: readonly {
    readonly openTime: EpochMs;
    readonly line: number;
    readonly isOnGrid: boolean;
  }[];
  readonly onlyInLake: readonly LakeBar[];
  readonly columns: readonly ColumnComparison[];
  /** Days that the chart reaches from the day before, and those of them that it opens at 00:00 UTC. */
  readonly midnights: number;
  readonly restarts: number;
  /** The first day on which the chart has no bar at 00:00 UTC; null without one. */
  readonly firstWithout: EpochMs | null;
  /** The last bar of the chart differs; it may have been open. It is no difference. */
  readonly isLastOpen: boolean;
}

/**
 * Compares a chart with the bars of the lake in the time that both cover. Averages and ATR are compared as
 * soon as the bars before the first common one weigh nothing in them.
 */
export function compareBars(
  { bars, columns }: Chart,
  lake: readonly LakeBar[],
  options: CompareOptions,
): ChartComparison {
  const from = Math.max(bars[0]!.openTime, lake[0]!.openTime);
  const to = Math.min(bars.at(-1)!.openTime, lake.at(-1)!.openTime);
  const isCovered = ({ openTime }: { readonly openTime: EpochMs }) => openTime >= from && openTime <= to;
  const chartBars = bars.filter(isCovered);
  const lakeBars = lake.filter(isCovered);
  const inLake = new Map(lakeBars.map((bar) => [bar.openTime, bar]));
  const inChart = new Set(chartBars.map(({ openTime }) => openTime));
  const pairs = chartBars.flatMap((bar) => {
    const other = inLake.get(bar.openTime);
    return other ? [{ chart: bar, lake: other }] : [];
  });
  const found = [...columns.keys()].map((column) => compareColumn(pairs, column, options));
  const last = bars.at(-1)!.openTime;
  const isLastOpen = found.some(({ differences }) => differences.some(({ openTime }) => openTime === last));
  return {
    common: pairs.length,
    outside: bars.length - chartBars.length,
    onlyInChart: chartBars
      .filter(({ openTime }) => !inLake.has(openTime))
      .map(({ openTime, line }) => ({ openTime, line, isOnGrid: isOnGrid(openTime, options) })),
    onlyInLake: lakeBars.filter(({ openTime }) => !inChart.has(openTime)),
    columns: found.map((one) => ({
      ...one,
      differences: one.differences.filter(({ openTime }) => openTime !== last),
    })),
    ...midnightsOf(chartBars.map(({ openTime }) => openTime)),
    isLastOpen,
  };
}

function isOnGrid(openTime: EpochMs, { timeframeMinutes }: CompareOptions): boolean {
  return barAt(openTime, timeframeMinutes).openTime === openTime;
}

type Pair = { readonly chart: Chart['bars'][number]; readonly lake: LakeBar };

function compareColumn(
  pairs: readonly Pair[],
  column: ComparedColumn,
  options: CompareOptions,
): ColumnComparison {
  const differences: Difference[] = [];
  let compared = 0;
  for (const { chart, lake } of pairs.slice(warmUpBars(column, options))) {
    const [ofChart, ofLake] = [chart.values[column], lake.values[column]];
    if (ofChart === undefined || ofLake === undefined) continue;
    compared += 1;
    const { openTime, line } = chart;
    if (relativeDifference(ofChart, ofLake) > options.tolerance)
      differences.push({ openTime, line, status: lake.status, column, chart: ofChart, lake: ofLake });
  }
  const size = ({ chart, lake }: Difference) => Math.abs(chart - lake);
  return { column, compared, differences: differences.sort((a, b) => size(b) - size(a)) };
}

/** After how many bars those before the first common one change a value by less than the tolerance. */
function warmUpBars(column: ComparedColumn, { periods, tolerance }: CompareOptions): number {
  if (column === 'ma_short') return periods.maShort - 1;
  if (column === 'ma_long') return periods.maLong - 1;
  if (column !== 'atr' || periods.atr === 1) return 0;
  return Math.ceil(Math.log(Math.max(tolerance, Number.EPSILON)) / Math.log(1 - 1 / periods.atr));
}

function relativeDifference(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

/** Looks at the first bar of each UTC day that the chart reaches from the day before. */
function midnightsOf(openTimes: readonly EpochMs[]) {
  const firsts = openTimes.filter(
    (time, row) => row > 0 && startOfDay(openTimes[row - 1]!) !== startOfDay(time),
  );
  const without = firsts.filter((time) => startOfDay(time) !== time);
  return {
    midnights: firsts.length,
    restarts: firsts.length - without.length,
    firstWithout: without[0] ?? null,
  };
}
