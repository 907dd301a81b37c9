import { resolve } from 'node:path';
import {
  ConfigError,
  intervalMs,
  lakeSettingsOf,
  MINUTE_MS,
  type Periods,
  type Settings,
} from '@candlelake/core';
import { createFileObjects } from '../adapters/fileObjects.ts';
import { type Chart, COMPARED_COLUMNS, readChart } from '../compare/chartFile.ts';
import { compareBars, type LakeBar } from '../compare/compareBars.ts';
import { compareLines, isEqualChart } from '../compare/compareReport.ts';
import { exportRows } from '../export/exportRows.ts';
import { type ExportTable, findExportTable } from '../export/exportTable.ts';
import { formatSymbols } from '../output/formatSymbols.ts';
import { lakeRoot, openStoreForReading } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';

export interface CompareOptions {
  readonly timeframe?: string;
  readonly tolerance: string;
}

/** Compares a chart file with the lake. Resolves with whether they are equal within the tolerance. */
export async function compareChart(
  path: string,
  options: CompareOptions & { readonly settings: Settings },
  { lines }: CommandContext,
): Promise<boolean> {
  const { settings } = options;
  const { market } = settings;
  const tolerance = readTolerance(options.tolerance);
  const [symbol, ...more] = settings.symbols;
  if (more.length > 0)
    throw new ConfigError(`--symbol "${settings.symbols.join()}": expected one symbol, that of the chart`);
  const table = findExportTable(resolve(lakeRoot(settings.output)), options.timeframe);
  const chart = await readChart(path);
  const lake = await readLakeBars(settings, { table, symbol: symbol!, chart });
  if (lake.length === 0)
    throw new ConfigError(
      `--symbol "${symbol}": the lake has no bar of ${table.size} of ${market} in the time of the chart`,
    );
  const periods = await readPeriods(settings);
  const timeframeMinutes = table.timeframeMinutes ?? intervalMs(table.interval) / MINUTE_MS;
  const comparison = compareBars(chart, lake, { timeframeMinutes, tolerance, periods });
  const report = {
    path,
    title: `${formatSymbols([symbol!], market)} ${table.size}`,
    tolerance,
    chart,
    comparison,
  };
  for (const line of compareLines(report)) lines.write(line);
  return isEqualChart(comparison);
}

function readTolerance(text: string): number {
  const tolerance = Number(text);
  if (text.trim() !== '' && tolerance >= 0 && tolerance < 1) return tolerance;
  throw new ConfigError(`--tolerance "${text}": expected a fraction from 0 to below 1, such as 1e-8`);
}

/** The lake's bars from a day before the chart to its end. */
async function readLakeBars(
  { output, market }: Settings,
  { table, symbol, chart }: { readonly table: ExportTable; readonly symbol: string; readonly chart: Chart },
): Promise<readonly LakeBar[]> {
  const objects = createFileObjects(resolve(lakeRoot(output)));
  const range = { from: chart.bars[0]!.openTime, to: chart.bars.at(-1)!.openTime + 1 };
  const bars: LakeBar[] = [];
  for await (const row of exportRows(objects, { table, market, symbol, ...range }, null)) {
    const found = table.columns.flatMap(({ name }, index) => {
      const value = row.values[index];
      return isCompared(name) && typeof value === 'number' ? [[name, value] as const] : [];
    });
    bars.push({ openTime: row.openTime, status: row.status, values: Object.fromEntries(found) });
  }
  return bars;
}

function isCompared(name: string): boolean {
  return (COMPARED_COLUMNS as readonly string[]).includes(name);
}

/** The periods that the store records; the defaults without a store. */
async function readPeriods(settings: Settings): Promise<Periods> {
  const store = openStoreForReading(settings.output);
  try {
    return (await store?.readSettings())?.periods ?? lakeSettingsOf(settings).periods;
  } finally {
    store?.close();
  }
}
