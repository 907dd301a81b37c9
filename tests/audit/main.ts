/**
 * Damages a lake of three days at random and audits it each time: `npm run audit:corruptions -- --count 1000 --seed 1`.
 * Ends with 1 when something was not found, or found where nothing was damaged.
 */
import { parseArgs } from 'node:util';
import { runCorruptions } from './corruptions.ts';
import { createAuditedLake } from './lake.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const lake = await createAuditedLake();
const startedAt = performance.now();
const { rounds, failures, byKind } = await runCorruptions(lake, {
  rounds: Number(values.count),
  seed: Number(values.seed),
});
lake.remove();
for (const failure of failures) console.error(failure);
const seconds = Math.round((performance.now() - startedAt) / 1_000);
const kinds = Object.entries(byKind).map(([kind, count]) => `${count} ${kind}`);
console.log(`${rounds} corruptions (${kinds.join(', ')}): ${failures.length} wrong verdicts, ${seconds} s`);
process.exit(failures.length > 0 ? 1 : 0);
