import { formatDate, formatInstant } from '@candlelake/core';
import { countOf, formatCount } from '../output/formatNumber.ts';
import { alignTable } from '../output/table.ts';
import type { Chart } from './chartFile.ts';
import type { ChartComparison, ColumnComparison, Difference } from './compareBars.ts';

/** More bars than this are only counted. */
const MAX_LISTED = 5;

export interface CompareReport {
  readonly path: string;
  /** `ETH-USDT 23m`. */
  readonly title: string;
  readonly tolerance: number;
  readonly chart: Chart;
  readonly comparison: ChartComparison;
}

/** Whether chart and lake agree. */
export function isEqualChart({ onlyInChart, onlyInLake, columns, common }: ChartComparison): boolean {
  const differs = columns.some(({ differences }) => differences.length > 0);
  return common > 0 && onlyInChart.length === 0 && onlyInLake.length === 0 && !differs;
}

/** The comparison as text. */
export function compareLines(report: CompareReport): readonly string[] {
  const { path, title, tolerance, comparison } = report;
  const { common, outside, columns } = comparison;
  const aside = outside === 0 ? '' : `; ${formatCount(outside)} of the chart are outside the lake's time`;
  return [
    `${path} beside ${title}: ${countOf(common, 'bar')} in both${aside}`,
    ...onlyLines(comparison),
    midnightLine(comparison),
    ...alignTable([HEADER, ...columns.map((column) => columnCells(report, column))], 2),
    ...columns.flatMap(({ differences }) => differences.slice(0, MAX_LISTED).map(differenceLine)),
    ...(comparison.isLastOpen
      ? ['the last bar of the chart differs and is left out: it may have been open']
      : []),
    isEqualChart(comparison)
      ? `equal within a tolerance of ${tolerance}`
      : `not equal within a tolerance of ${tolerance}`,
  ];
}

const HEADER = ['value', 'column', 'compared', 'differ', 'greatest difference', 'at', ''];

function columnCells(
  { chart }: CompareReport,
  { column, compared, differences }: ColumnComparison,
): string[] {
  const [greatest] = differences;
  return [
    column,
    chart.columns.get(column)!,
    formatCount(compared),
    formatCount(differences.length),
    greatest ? text(greatest.chart - greatest.lake) : '',
    greatest ? formatInstant(greatest.openTime) : '',
    '',
  ];
}

function differenceLine({ openTime, line, status, column, chart, lake }: Difference): string {
  const of = status === 'complete' ? '' : ` (${status})`;
  return `${formatInstant(openTime)}${of}: ${column} of the chart ${chart} (line ${line}), of the lake ${lake}`;
}

/** A difference without the noise of the last bits. */
function text(difference: number): string {
  return String(Number(difference.toPrecision(6)));
}

function onlyLines({ onlyInChart, onlyInLake }: ChartComparison): readonly string[] {
  const ofChart = onlyInChart.map(
    ({ openTime, line, isOnGrid }) =>
      `${formatInstant(openTime)} (line ${line}${isOnGrid ? '' : ', not on the grid'})`,
  );
  const ofLake = onlyInLake.map(({ openTime }) => formatInstant(openTime));
  return [...onlyLine('chart', ofChart), ...onlyLine('lake', ofLake)];
}

function onlyLine(where: string, bars: readonly string[]): readonly string[] {
  if (bars.length === 0) return [];
  const more = bars.length > MAX_LISTED ? ', …' : '';
  return [
    `only in the ${where}: ${countOf(bars.length, 'bar')}: ${bars.slice(0, MAX_LISTED).join(', ')}${more}`,
  ];
}

function midnightLine({ midnights, restarts, firstWithout }: ChartComparison): string {
  if (midnights === 0) return 'first bar after midnight: the chart does not reach over a midnight';
  const exception =
    firstWithout === null
      ? ''
      : `; on ${formatDate(firstWithout)} it opens at ${formatInstant(firstWithout)}`;
  return `first bar after midnight: opens at 00:00 UTC on ${formatCount(restarts)} of ${countOf(midnights, 'day')}${exception}`;
}
