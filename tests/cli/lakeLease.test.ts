import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, createLakeWriter, deriveMarkedDays } from '@candlelake/core';
import { createClock } from '@candlelake/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createLakeLease,
  leaseSteps,
  type WithLakeLease,
} from '../../packages/cli/src/adapters/lakeLease.ts';
import { coarseCandles, createTestLake, DAY, DAY_ONE, series } from '../support/lake.ts';
import { createManualClock } from '../support/manualClock.ts';
import { startChild } from './childProcess.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-lease-'));
  path = join(folder, 'lake.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const unaborted = new AbortController().signal;

test('lets one holder work at a time, and the next one as soon as its turn has come', async () => {
  const clock = createManualClock(0);
  const steps: string[] = [];
  const first = Promise.withResolvers<string>();
  const held = createLakeLease(path, clock)(() => {
    steps.push('first');
    return first.promise;
  }, unaborted);
  const waiting = createLakeLease(path, clock)(async () => void steps.push('second'), unaborted);
  await clock.advance(60_000);
  expect(steps).toEqual(['first']);
  first.resolve('done');
  expect(await held).toBe('done');
  await clock.advance(1_000);
  await waiting;
  expect(steps).toEqual(['first', 'second']);
});

test('frees the lease when the work fails', async () => {
  const withLease = createLakeLease(path, createManualClock(0));
  const failing = withLease(() => Promise.reject(new Error('no space')), unaborted);
  await expect(failing).rejects.toThrow('no space');
  expect(await withLease(async () => 'next', unaborted)).toBe('next');
});

test('gives up the wait, and never works, when the signal aborts', async () => {
  const clock = createManualClock(0);
  const abort = new AbortController();
  const first = Promise.withResolvers<void>();
  const held = createLakeLease(path, clock)(() => first.promise, unaborted);
  let worked = false;
  const waiting = createLakeLease(path, clock)(async () => {
    worked = true;
  }, abort.signal);
  const outcome = expect(waiting).rejects.toThrow('stopping');
  await clock.settle();
  abort.abort(new Error('stopping'));
  await outcome;
  first.resolve();
  await held;
  await clock.advance(60_000);
  expect(worked).toBe(false);
});

test('does no work for a signal that has aborted before', async () => {
  const withLease = createLakeLease(path, createManualClock(0));
  const aborted = AbortSignal.abort(new Error('stopping'));
  await expect(withLease(() => Promise.reject(new Error('worked')), aborted)).rejects.toThrow('stopping');
});

test('is free at once when the process that holds it is killed', async () => {
  const child = startChild('holdLease.ts', [path]);
  expect((await child.lines.next()).value).toBe('held');
  const steps: string[] = [];
  const waiting = createLakeLease(path, createClock(null))(async () => void steps.push('mine'), unaborted);
  // The holder is alive: a try that found the lease free would have worked by now.
  await new Promise((resolve) => setImmediate(resolve));
  steps.push('kill');
  child.process.kill('SIGKILL');
  await waiting;
  expect(steps).toEqual(['kill', 'mine']);
  expect(await child.ended).toBeNull();
});

test('names the path of a lock file that cannot be made', async () => {
  const nowhere = join(folder, 'no-such-folder', 'lake.lock');
  const attempt = createLakeLease(nowhere, createManualClock(0))(async () => {}, unaborted);
  await expect(attempt).rejects.toThrow(ConfigError);
  await expect(attempt).rejects.toThrow(nowhere);
});

test('a pass waits for the lease before each run of days and holds it until the run is committed', async () => {
  const { store, ports } = await createTestLake();
  await store.advanceAsOf(DAY_ONE + 5 * DAY);
  await store.merge([{ series: series('AAA-USDT'), candles: coarseCandles(0, 60) }]);
  const seen: string[] = [];
  const marks = async () => (await store.dirtyDays()).length;
  const withLease: WithLakeLease = async (work) => {
    seen.push(`lease with ${await marks()} marks`);
    const result = await work();
    seen.push(`free with ${await marks()} marks`);
    return result;
  };
  const writer = leaseSteps(createLakeWriter(ports), withLease);
  await deriveMarkedDays({ derivation: store, writer }, unaborted);
  expect(seen).toEqual([
    // Yesterday and today, then all from the first day on, which have begun with other averages.
    'lease with 5 marks',
    'free with 3 marks',
    'lease with 3 marks',
    'free with 1 marks',
    'lease with 1 marks',
    'free with 1 marks',
    'lease with 1 marks',
    'free with 0 marks',
  ]);
  seen.length = 0;
  await deriveMarkedDays({ derivation: store, writer }, unaborted);
  expect(seen, 'without a mark no lease is taken').toEqual([]);
});

test('an inspection of the objects holds the lease', async () => {
  const { ports } = await createTestLake();
  let held = 0;
  const withLease: WithLakeLease = async (work) => {
    held += 1;
    return work();
  };
  await leaseSteps(createLakeWriter(ports), withLease).inspect(unaborted);
  expect(held).toBe(1);
});
