/**
 * `npm run proof:limits -- --days 365`: requests, refusals and waits against an exchange that counts, on simulated
 * time. A simulated day takes about a second. Ends with 1 when a figure is not what docs/proof.md says it is.
 */
import { parseArgs } from 'node:util';
import { announcedRun } from './announcedYear.ts';
import { DOCUMENTED_LIMITS, RECORDED_LIMITS } from './limitedWorld.ts';
import { backfillYear, type LatencyFigures, liveBesideBackfill, twoStores } from './limits.ts';
import { longRun } from './longRun.ts';

const { values } = parseArgs({
  options: { days: { type: 'string', default: '365' }, seed: { type: 'string', default: '1' } },
});
const days = Number(values.days);
const seed = Number(values.seed);

const LIMITS = [
  ['500 in 10 s a route', RECORDED_LIMITS],
  ['1 a second', DOCUMENTED_LIMITS],
] as const;
const SYMBOLS = [
  [5, '3m'],
  [20, '1m'],
  [60, '3m'],
] as const;
let faults = 0;

function print<T extends object>(name: string, figures: T, isAsExpected: (figures: T) => boolean): void {
  const verdict = isAsExpected(figures) ? '' : '  <- not as expected';
  if (verdict !== '') faults += 1;
  console.log(`${name}: ${JSON.stringify(figures)}${verdict}`);
}

for (const [name, limits] of LIMITS) {
  print(
    `backfill of a symbol-year, ${name}`,
    await backfillYear(limits),
    ({ requests, refused }) => requests <= 180 && refused === 0,
  );
}
const isSoon = ({ refused, p99 }: LatencyFigures) => refused === 0 && p99 <= 5_000;
for (const isOwnProcess of [true, false]) {
  for (const [symbols, interval] of SYMBOLS) {
    const where = isOwnProcess ? 'in another process' : 'of the stream itself';
    print(
      `live requests of ${symbols} symbols at ${interval} beside a backfill ${where}, ms`,
      await liveBesideBackfill({ symbols, interval, minutes: 45, isOwnProcess }),
      isSoon,
    );
  }
}
print(
  'the same at --requests-per-second 10',
  await liveBesideBackfill({
    ...{ symbols: 20, interval: '1m', minutes: 10, isOwnProcess: true },
    requestsPerSecond: 10,
  }),
  isSoon,
);
for (const [name, limits] of LIMITS) {
  print(
    `two stores on one address, ${name}`,
    await twoStores(limits),
    ({ bans, longestRecoveryMs }) => bans === 0 && longestRecoveryMs <= 60_000,
  );
}
for (const [name, limits] of LIMITS) {
  print(
    `${days} days of streams and backfills on one store, ${name}`,
    await longRun({
      ...{ days, limits, symbols: 1, seed },
      onMonth: (figures) => console.log(`  ${JSON.stringify(figures)}`),
    }),
    ({ refused, failures }) => refused === 0 && failures === 0,
  );
}
for (const [name, requestsPerSecond] of [
  ['by default', 10],
  ['at --requests-per-second 20', 20],
] as const) {
  print(
    `live requests of 60 symbols at 3m beside a backfill, 500 in 10 s announced, ${name}`,
    await liveBesideBackfill({
      ...{ symbols: 60, interval: '3m', minutes: 7, isOwnProcess: true },
      ...{ limits: RECORDED_LIMITS, requestsPerSecond },
    }),
    isSoon,
  );
}
print(
  `${days} days of announced windows that change`,
  await announcedRun({ days, seed }),
  ({ refused }) => refused === 0,
);
if (faults > 0) console.error(`${faults} figures are not as expected`);
process.exitCode = faults > 0 ? 1 : 0;
