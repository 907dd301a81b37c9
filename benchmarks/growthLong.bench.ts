import { GROWTH_NOTE, measureGrowth } from './growth.ts';
import type { BenchResult } from './result.ts';

/** As the benchmark `growth`, with many symbols for long: takes some minutes and 1.3 GB of disk. */
export async function run(): Promise<BenchResult> {
  const { rows, bytesPerCandle } = await measureGrowth([
    [10, 1825],
    [100, 365],
    [1300, 30],
  ]);
  const gigabytes = (symbols: number, days: number) =>
    `${((symbols * days * 480 * bytesPerCandle) / 1e9).toPrecision(2)} GB`;
  return {
    name: 'growthLong: cost of many symbols with long histories',
    aim: 'what a live hour and a day cost does not grow with the days stored: as in the section growth',
    rows,
    note:
      `${GROWTH_NOTE}. A candle takes ${bytesPerCandle.toFixed(0)} bytes of the store. Not run: 100 symbols for five ` +
      `years (${gigabytes(100, 1825)}), 1,300 for one (${gigabytes(1300, 365)}) and for five (${gigabytes(1300, 1825)}). ` +
      'A start lists one object for each table and day, however many symbols there are, and reads at most ' +
      '256 MiB of them; the rest is read in idle moments within a day',
  };
}
