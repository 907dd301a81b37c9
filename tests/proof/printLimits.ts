/**
 * `npm run proof:limits -- --days 365`: requests, refusals and waits against an exchange that counts, on simulated
 * time. A simulated day takes about two seconds. Ends with 1 when a request was refused that should not have been.
 */
import { parseArgs } from 'node:util';
import {
  backfillYear,
  DOCUMENTED_LIMITS,
  type LimitFigures,
  liveBesideBackfill,
  longRun,
  RECORDED_LIMITS,
  twoStores,
} from './limits.ts';

const { values } = parseArgs({
  options: { days: { type: 'string', default: '365' }, seed: { type: 'string', default: '1' } },
});
const days = Number(values.days);
const seed = Number(values.seed);

function print<T extends object>(name: string, figures: T): T {
  console.log(`${name}: ${JSON.stringify(figures)}`);
  return figures;
}

const limits = [
  ['500 in 10 s a route', RECORDED_LIMITS],
  ['1 a second', DOCUMENTED_LIMITS],
] as const;
const expectNone: LimitFigures[] = [];
for (const [name, of] of limits) {
  expectNone.push(print(`backfill of a symbol-year, ${name}`, await backfillYear(of)));
}
for (const isOwnProcess of [true, false]) {
  for (const [symbols, interval] of [
    [5, '3m'],
    [20, '1m'],
    [60, '3m'],
  ] as const) {
    const where = isOwnProcess ? 'in another process' : 'of the stream itself';
    const figures = await liveBesideBackfill({ symbols, interval, minutes: 15, isOwnProcess });
    expectNone.push(
      print(`live requests of ${symbols} symbols at ${interval} beside a backfill ${where}, ms`, figures),
    );
  }
}
const tenAtOnce = {
  symbols: 20,
  interval: '1m',
  minutes: 10,
  isOwnProcess: true,
  requestsPerSecond: 10,
} as const;
expectNone.push(print('the same at --requests-per-second 10', await liveBesideBackfill(tenAtOnce)));
const recoveries = [
  print('two stores on one address, 1 a second', await twoStores(DOCUMENTED_LIMITS)),
  print('two stores on one address, 500 in 10 s a route', await twoStores(RECORDED_LIMITS)),
];
for (const [name, of] of limits) {
  expectNone.push(
    print(
      `${days} days of streams and backfills on one store, ${name}`,
      await longRun({ days, limits: of, symbols: 1, seed }),
    ),
  );
}
const isClean =
  expectNone.every(({ refused }) => refused === 0) && recoveries.every(({ bans }) => bans === 0);
process.exitCode = isClean ? 0 : 1;
