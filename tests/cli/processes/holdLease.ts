/** Takes the lease on the file at argv[2], says so, and holds it until it is killed. */
import { createClock } from '@candlelake/node';
import { createLakeLease } from '../../../packages/cli/src/adapters/lakeLease.ts';

const withLease = createLakeLease(process.argv[2]!, createClock(null));
const forever = setInterval(() => {}, 60_000);
await withLease(() => {
  process.stdout.write('held\n');
  return new Promise<void>(() => {});
}, new AbortController().signal);
clearInterval(forever);
