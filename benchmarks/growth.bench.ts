import { GROWTH_NOTE, measureGrowth } from './growth.ts';
import type { BenchResult } from './result.ts';

/** What a start, a live hour and a derived day cost, against the symbols and the days that are stored. */
export async function run(): Promise<BenchResult> {
  const { rows } = await measureGrowth([
    [1, 1],
    [1, 365],
    [1, 1825],
    [100, 1],
    [1300, 1],
  ]);
  return {
    name: 'growth: cost against symbols and days stored',
    aim: 'what a live hour and a day cost does not grow with the days stored',
    rows,
    note: `${GROWTH_NOTE}. Many symbols for years are in the section growthLong`,
  };
}
