import { join } from 'node:path';
import { createClock } from '@candlelake/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLakeLease } from '../../packages/cli/src/adapters/lakeLease.ts';
import { createLakeFolder, expectedLake, FACTS, type LakeFolder, patience } from './lakeFolder.ts';

let folder: LakeFolder;

beforeEach(async () => {
  folder = await createLakeFolder();
});
afterEach(() => folder.remove());

describe('stopping the lake worker', () => {
  test('ends the thread though nothing is derived yet; what is marked stays marked', async () => {
    await folder.store.merge(FACTS);
    const thread = folder.start();
    await thread.stop();
    await thread.ended;
    const after = folder.start();
    await after.flush(patience());
    expect(await folder.readLake()).toEqual(await expectedLake());
  });

  test('rejects a flush that waits for a lease that another process holds, and frees the thread', async () => {
    const lease = createLakeLease(join(folder.path, 'lake.lock'), createClock(null));
    const held = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const holding = lease(async () => {
      taken.resolve();
      await held.promise;
    }, patience());
    await taken.promise;
    await folder.store.merge(FACTS);
    const thread = folder.start();
    const stop = new AbortController();
    const flush = thread.flush(stop.signal);
    stop.abort(new Error('no more time'));
    await expect(flush).rejects.toThrow('no more time');
    const waiting = thread.flush(patience());
    await Promise.all([expect(waiting).rejects.toThrow(), thread.stop()]);
    held.resolve();
    await holding;
    expect(await folder.store.dirtyDays()).not.toEqual([]);
  });
});
