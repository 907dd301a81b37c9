import { GROWTH_NOTE, measureGrowth } from './growth.ts';
import type { BenchResult } from './result.ts';

/** As the benchmark `growth`, with many symbols for long: takes a quarter of an hour and 7 GB of disk. */
export async function run(): Promise<BenchResult> {
  const { rows, bytesPerCandle } = await measureGrowth([
    [1300, 30],
    [100, 365],
    [100, 1825],
  ]);
  const gigabytes = (days: number) => ((1300 * days * 480 * bytesPerCandle) / 1e9).toFixed(0);
  return {
    name: 'growthLong: cost of many symbols with long histories',
    aim: 'what a live hour and a day cost does not grow with the days stored: as in the section growth',
    rows,
    note:
      `${GROWTH_NOTE}. A candle takes ${bytesPerCandle.toFixed(0)} bytes of the store: 1,300 symbols would take ` +
      `${gigabytes(365)} GB for a year and ${gigabytes(1825)} GB for five, which was not run`,
  };
}
