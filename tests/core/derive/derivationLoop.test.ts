import { createLakeWriter } from '@candlelake/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COARSE, coarseCandles, DAY, DAY_ONE, listPaths } from '../../support/lake.ts';
import { createLoopRig, type LoopRig, SECOND, SYMBOL } from './derivationLoopRig.ts';

let rig: LoopRig;

beforeEach(async () => {
  rig = await createLoopRig();
});
afterEach(() => rig.end());

const marks = async () => (await rig.lake.store.dirtyDays()).length;
const rewrites = () => rig.puts.filter(({ path }) => path.startsWith('candles')).map(({ at }) => at);

test('what an earlier process left marked is derived at the start', async () => {
  await rig.change();
  await rig.start();
  await rig.clock.advance(SECOND);
  expect(await marks()).toBe(0);
  expect(rewrites()).toHaveLength(1);
});

test('what changes within a second is gathered into one rewrite', async () => {
  await rig.start();
  await rig.clock.advance(60 * SECOND);
  for (let slot = 0; slot < 5; slot++) {
    await rig.change(slot);
    await rig.clock.advance(150);
  }
  await rig.clock.advance(SECOND);
  expect(rewrites()).toHaveLength(1);
  expect(await marks()).toBe(0);
});

test('a partition is rewritten at most once in thirty seconds, however often it changes', async () => {
  await rig.start();
  for (let second = 0; second < 300; second++) {
    await rig.change();
    await rig.clock.advance(SECOND);
  }
  const times = rewrites();
  expect(times.length).toBeGreaterThan(7);
  for (const [i, time] of times.slice(1).entries())
    expect(time - times[i]!).toBeGreaterThanOrEqual(30 * SECOND);
});

test('the last change is derived too, without another request', async () => {
  await rig.start();
  await rig.change();
  await rig.clock.advance(2 * SECOND);
  await rig.change();
  await rig.clock.advance(40 * SECOND);
  expect(await marks()).toBe(0);
});

test('what changes after the wall clock was set back by a day is derived within thirty seconds', async () => {
  let wallErrorMs = DAY;
  await rig.start({ clock: { ...rig.clock, now: () => rig.clock.now() + wallErrorMs } });
  await rig.change();
  await rig.clock.advance(2 * SECOND);
  wallErrorMs = 0;
  await rig.change();
  await rig.clock.advance(32 * SECOND);
  expect(await marks()).toBe(0);
});

test('marks that no derivation takes away cost one pass a second', async () => {
  const tried: number[] = [];
  const deriveRun = async ({ from }: { readonly from: number }) => {
    tried.push(from);
    // A loop that never waits would not let the test end.
    if (tried.length > 100) throw new Error('too many passes');
    return [];
  };
  await rig.change();
  await rig.start({ writer: { ...createLakeWriter(rig.lake.ports), deriveRun } });
  await rig.clock.advance(10 * SECOND);
  const passes = tried.filter((day) => day === DAY_ONE).length;
  expect(passes).toBeGreaterThan(5);
  expect(passes).toBeLessThanOrEqual(11);
});

test('what another process marked and left is found within a minute', async () => {
  await rig.start();
  await rig.clock.advance(60 * SECOND);
  await rig.lake.store.merge([{ series: SYMBOL, candles: coarseCandles(0, 4) }]);
  await rig.clock.advance(62 * SECOND);
  expect(await marks()).toBe(0);
});

test('a flush derives at once, the thirty seconds notwithstanding', async () => {
  const loop = await rig.start();
  await rig.change();
  await rig.clock.advance(2 * SECOND);
  await rig.change();
  await loop.flush(rig.stop.signal);
  expect(await marks()).toBe(0);
  expect(rewrites()).toHaveLength(2);
});

test('a flush needs no running loop', async () => {
  await rig.change();
  await rig.create().flush(rig.stop.signal);
  expect(await marks()).toBe(0);
});

test('a flush waits for the rewrite under way: there is never more than one', async () => {
  const writer = createLakeWriter(rig.lake.ports);
  let busy = 0;
  let most = 0;
  const loop = await rig.start({
    writer: {
      ...writer,
      async deriveRun(range, signal) {
        most = Math.max(most, ++busy);
        await rig.clock.sleep(5);
        const derived = await writer.deriveRun(range, signal);
        busy -= 1;
        return derived;
      },
    },
  });
  await rig.change();
  await rig.clock.advance(SECOND + 1);
  const flushes = [loop.flush(rig.stop.signal), loop.flush(rig.stop.signal)];
  await rig.clock.advance(100);
  await Promise.all(flushes);
  expect(most).toBe(1);
  expect(await marks()).toBe(0);
});

test('the bars of each derived day are handed over', async () => {
  const days: number[] = [];
  await rig.lake.store.merge([{ series: SYMBOL, candles: coarseCandles(0, 20) }]);
  await rig.start({ onBars: (bars) => days.push(...bars.map(({ day }) => day)) });
  await rig.clock.advance(SECOND);
  expect(new Set(days)).toEqual(new Set([DAY_ONE, DAY_ONE + DAY]));
});

test('bars of timeframes that the settings no longer name are removed, and nothing else', async () => {
  const { lake } = rig;
  await lake.store.merge([{ series: SYMBOL, candles: coarseCandles(0, 20) }]);
  const loop = rig.create();
  await loop.flush(rig.stop.signal);
  await lake.objects.put('notes/of/the/user', new Uint8Array(1), null);
  const before = await listPaths(lake.objects);
  await lake.store.writeSettings({ ...COARSE, timeframes: [240] });
  await loop.flush(rig.stop.signal);
  expect(before.some((path) => path.includes('timeframe=600m'))).toBe(true);
  expect(await listPaths(lake.objects)).toEqual(before.filter((path) => !path.includes('timeframe=600m')));
});

test.each([
  { removed: 'everything', gone: (_path: string) => true },
  { removed: 'the bars of one timeframe', gone: (path: string) => path.includes('timeframe=600m') },
  { removed: 'one day', gone: (path: string) => path.includes('date=2026-11-20') },
])('what was deleted from the lake is back after the next start: $removed', async ({ gone }) => {
  const { lake } = rig;
  await lake.store.merge([{ series: SYMBOL, candles: coarseCandles(0, 20) }]);
  await rig.create().flush(rig.stop.signal);
  const before = await lake.read();
  for (const path of Object.keys(before).filter(gone)) {
    await lake.objects.remove(path, await lake.objects.version(path));
  }
  expect(await lake.read()).not.toEqual(before);
  await rig.start();
  await rig.clock.advance(SECOND);
  expect(await lake.read()).toEqual(before);
});

test('an object of a settled day that is damaged while the loop runs is written again within a day', async () => {
  const { lake, clock } = rig;
  await lake.store.merge([{ series: SYMBOL, candles: coarseCandles(0, 24) }]);
  await rig.start();
  await clock.advance(60 * SECOND);
  const before = await lake.read();
  const path = 'candles/interval=2h/date=2026-11-20/candles.parquet';
  await lake.objects.put(path, Uint8Array.of(1), await lake.objects.version(path));
  await clock.advance(DAY + 120 * SECOND);
  expect(await lake.read()).toEqual(before);
  expect(rig.events.filter(({ kind }) => kind === 'lake-damaged')).toHaveLength(1);
});

test('an idle loop reads each object once a day', async () => {
  const { lake, clock } = rig;
  await lake.store.merge([{ series: SYMBOL, candles: coarseCandles(0, 24) }]);
  const read: string[] = [];
  const version = (path: string) => {
    read.push(path);
    return lake.objects.version(path);
  };
  await rig.start({ objects: { ...lake.objects, version } });
  await clock.advance(60 * SECOND);
  read.length = 0;
  await clock.advance(DAY);
  // Two days with candles, coverage and bars of two timeframes.
  expect(new Set(read).size).toBe(8);
  expect(read).toHaveLength(8);
});

test('an inspection that fails is reported, and the marked days are derived all the same', async () => {
  const list = async () => {
    throw new Error('no permission');
  };
  await rig.change();
  await rig.start({ objects: { ...rig.lake.objects, list } });
  await rig.clock.advance(SECOND);
  expect(await marks()).toBe(0);
  expect(rig.events).toContainEqual({
    level: 'warn',
    kind: 'lake-uninspected',
    message: expect.stringContaining('no permission'),
  });
});

test('the loop ends with the reason of its signal', async () => {
  await rig.start();
  expect(await rig.end(new Error('enough'))).toEqual(new Error('enough'));
});
