/**
 * `npm run proof:finality`: median and p99 of the time from the close of a 3m candle until it is stored as final, on
 * simulated time, against an exchange with the recorded limits and up to 0.3 s of round trip.
 */
import { parseArgs } from 'node:util';
import { measureFinality } from './finality.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '4' },
    symbols: { type: 'string', default: '1,100,600' },
    rates: { type: 'string', default: '1,10' },
  },
});
const hours = Number(values.hours);
let neverFinal = 0;
console.log('symbols | requests a second | candles | median s | p99 s | most s');
for (const requestsPerSecond of values.rates.split(',').map(Number)) {
  for (const symbols of values.symbols.split(',').map(Number)) {
    const figures = await measureFinality({ symbols, interval: '3m', hours, requestsPerSecond });
    neverFinal += figures.neverFinal;
    const { candles, median, p99, most } = figures;
    console.log([symbols, requestsPerSecond, candles, median, p99, most].join(' | '));
  }
}
if (neverFinal > 0) console.error(`${neverFinal} candles never became final`);
process.exitCode = neverFinal > 0 ? 1 : 0;
