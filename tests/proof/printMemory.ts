/**
 * `npm run proof:memory -- --symbols 1000 --days 30`: a stream of many symbols on simulated time, its memory after each
 * day and how it grows, and what waits at the end. Ends with 1 when memory grows by more than what is stored, or
 * something waits.
 */
import { parseArgs } from 'node:util';
import { runMonth, slopeOf } from './month.ts';

const { values } = parseArgs({
  options: { symbols: { type: 'string', default: '1000' }, days: { type: 'string', default: '30' } },
});
/** Without the first days, in which caches fill. */
const SETTLED_DAYS = 5;
/** The coverage record that the store keeps of each symbol and day takes some 260 bytes; the rest is for noise. */
const RECORD_MIB = 300 / 1024 ** 2;
const NOISE_MIB = 0.1;
const symbols = Number(values.symbols);

const figures = await runMonth({
  symbols,
  days: Number(values.days),
  interval: '4h',
  onDay: ({ day, heap, resident }) =>
    console.log(`day ${day}: ${heap.toFixed(2)} MiB on the heap, ${resident.toFixed(0)} MiB resident`),
});
const { samples, ...counts } = figures;
const settled = samples.filter(({ day }) => day > SETTLED_DAYS);
const slope = slopeOf(settled, ({ heap }) => heap);
console.log(JSON.stringify(counts));
console.log(`heap after day ${SETTLED_DAYS}: ${(slope * 1024).toFixed(1)} KiB a day`);
const { updatesSent, updatesProcessed, finals, closed, unsettled, markedDays, refused } = counts;
const isEmpty = updatesSent === updatesProcessed && unsettled === 0 && markedDays === 0;
const isWhole = finals === closed && refused === 0;
process.exitCode = isEmpty && isWhole && slope < symbols * RECORD_MIB + NOISE_MIB ? 0 : 1;
