/** Opens the store at the path of each line that comes in, closes it, and prints "open" or the error. */
import { createInterface } from 'node:readline';
import { openSqliteStore } from '../../../packages/cli/src/adapters/sqliteStore.ts';

process.stdout.write('ready\n');
for await (const path of createInterface({ input: process.stdin })) {
  try {
    openSqliteStore(path, { now: Date.now }).close();
    process.stdout.write('open\n');
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`);
  }
}
