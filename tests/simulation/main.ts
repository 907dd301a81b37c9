/** `npm run simulate -- --seeds 0..199 --days 7 --symbols 3`: runs seeds and prints what failed; see docs/proof.md. */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0..199' },
    days: { type: 'string', default: '7' },
    symbols: { type: 'string', default: '3' },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const [first = 0, last = first] = values.seeds.split('..').map(Number);
const only = values.only
  ?.split(',')
  .filter((place) => place !== '')
  .map(Number);
let events = 0;
let simulatedMs = 0;
let failed = 0;
const counts = new Map<string, number>();
const startedAt = Date.now();
for (let seed = first; seed <= last; seed += 1) {
  const result = await simulate({
    seed,
    days: Number(values.days),
    symbols: Number(values.symbols),
    ...(only && { only }),
    ...(values.verbose && { onEvent: (line: string) => console.log(line) }),
  });
  events += result.events;
  simulatedMs += result.simulatedMs;
  for (const [kind, count] of result.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
  if (result.problems.length > 0) {
    failed += 1;
    console.log(
      `seed ${seed} FAILED: ${result.problems.length} problems, ${result.faults.length} faults, trace ${result.traceHash}`,
    );
    for (const { kind, detail } of result.problems.slice(0, 5))
      console.log(`  ${kind}: ${detail.slice(0, 300)}`);
  } else if (first === last)
    console.log(`seed ${seed} ok, trace ${result.traceHash}, ${result.events} events`);
}
const seconds = (Date.now() - startedAt) / 1000;
console.log(
  [...counts]
    .sort()
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', '),
);
console.log(
  `${last - first + 1} seeds, ${failed} failed, ${(simulatedMs / 86_400_000).toFixed(0)} simulated days, ${events} events, ${((last - first + 1) / seconds).toFixed(2)} seeds per second`,
);
process.exitCode = failed > 0 ? 1 : 0;
