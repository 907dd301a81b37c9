import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportedEvent } from '@candlelake/core';
import { expect, it } from 'vitest';
import { IN_MEMORY } from '../../packages/cli/src/adapters/sqliteConnection.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { warnOfUnknownLake } from '../../packages/cli/src/commands/streamStart.ts';
import { SETTINGS } from '../contracts/storeFixture.ts';
import { temporaryFolder } from './program.ts';

/** What is reported at the start of a stream. */
async function warningsOf({ hasLake, isNew }: { readonly hasLake: boolean; readonly isNew: boolean }) {
  const output = temporaryFolder();
  if (hasLake) mkdirSync(join(output, 'parquet'));
  const store = openSqliteStore(IN_MEMORY, { now: Date.now });
  const events: ReportedEvent[] = [];
  if (!isNew) await store.writeSettings(SETTINGS);
  await warnOfUnknownLake({ output }, store, (event) => events.push(event));
  store.close();
  return { output, events };
}

it('a new store beside a lake is named, with the command that takes its candles', async () => {
  const { output, events } = await warningsOf({ hasLake: true, isNew: true });
  expect(events).toMatchObject([{ level: 'warn', kind: 'lake-unknown' }]);
  expect(events[0]!.message).toContain(`"candlelake repair --output ${output}"`);
});

it.each([
  { hasLake: false, isNew: true },
  { hasLake: true, isNew: false },
])('nothing is said with %j', async (folder) => {
  expect((await warningsOf(folder)).events).toEqual([]);
});
