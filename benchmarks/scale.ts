/**
 * A check for CI: many symbols for some simulated minutes. Ends with 1 when a queue grows, a candle is lost
 * or the connection breaks.
 */
import { parseArgs } from 'node:util';
import { lakeDay, percentile, receive, type Sample } from './scale.bench.ts';

const { values } = parseArgs({
  options: {
    symbols: { type: 'string', default: '300' },
    minutes: { type: 'string', default: '10' },
    speed: { type: 'string', default: '6' },
  },
});
const symbols = Number(values.symbols);
const minutes = Number(values.minutes);
const speed = Number(values.speed);
const MIB = 1024 * 1024;

const samples = await receive({ symbols, minutes, speed });
const lake = await lakeDay(symbols);
const steady = samples.slice(Math.floor(samples.length / 3));
const middle = steady.slice(0, Math.ceil(steady.length / 2));
const end = steady.slice(middle.length);
const mean = (list: readonly Sample[], of: (sample: Sample) => number) =>
  list.reduce((sum, sample) => sum + of(sample), 0) / list.length;
/** In real ms. */
const lag = (sample: Sample) => sample.lagMs / speed;
const last = samples.at(-1)!;
/** A candle is stored when the first frames after its close have come. */
const STORED_MS = 15_000;
const minuteOf = (time: number) => Math.floor(time / 60_000);
// Without the first close, which may come before all symbols are subscribed.
const closedMinutes = minuteOf(last.now - STORED_MS) - minuteOf(samples[0]!.now) - 1;

const figures = {
  symbols,
  simulatedMinutes: minutes,
  pushes: last.updates,
  frameLagMs: { middle: Math.round(mean(middle, lag)), end: Math.round(mean(end, lag)) },
  candlesStored: last.candlesStored,
  reconnects: last.reconnects,
  closeToDurableP99Ms: percentile(last.latencies, 0.99),
  receivePathMiB: {
    middle: Math.round(mean(middle, ({ rss }) => rss) / MIB),
    end: Math.round(mean(end, ({ rss }) => rss) / MIB),
  },
  heapMiB: {
    middle: Math.round(mean(middle, ({ heap }) => heap) / MIB),
    end: Math.round(mean(end, ({ heap }) => heap) / MIB),
  },
  lakeWorkerPeakMiB: Math.round(lake.peakRss / MIB),
  lakeDaySeconds: Number(lake.seconds.toFixed(2)),
};
console.log(JSON.stringify(figures, null, 2));

const problems: string[] = [];
// A growing queue shows as a growing lag; on a busy machine single lags are large too.
if (figures.frameLagMs.end > figures.frameLagMs.middle + 500) problems.push('frames wait ever longer');
if (figures.candlesStored < symbols * closedMinutes)
  problems.push(`fewer candles than ${symbols} symbols close in ${closedMinutes} minutes`);
if (figures.reconnects > 0) problems.push('the link broke');
if (figures.receivePathMiB.end > figures.receivePathMiB.middle * 1.25)
  problems.push('the memory of the receive path grows');
for (const problem of problems) console.error(`scale: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
