import {
  createLakeWriter,
  type DerivePorts,
  damageEvents,
  type LakeDamage,
  nextShare,
  type ObjectStore,
} from '@candlelake/core';
import { fc, test as property } from '@fast-check/vitest';
import { beforeEach, describe, expect, test } from 'vitest';
import { Crash, interrupted } from '../../support/interrupted.ts';
import {
  COARSE,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  deriveOnce,
  listPaths,
  series,
  type TestLake,
} from '../../support/lake.ts';

const { signal } = new AbortController();
const HALF = { day: DAY_ONE + DAY, path: 'candles/interval=2h/date=2026-11-21/candles.parquet' };
const NOTHING: LakeDamage = { damaged: [], unrecorded: [] };

let lake: TestLake;

/** Two and a half days of two symbols, derived. */
beforeEach(async () => {
  lake = await createTestLake(COARSE, DAY_ONE + 2.5 * DAY);
  await lake.store.merge([
    { series: series('AAA-USDT'), candles: coarseCandles(0, 28) },
    { series: series('BBB-USDT'), candles: coarseCandles(3, 30, 5) },
  ]);
  await lake.derive();
});

const inspect = (ports: DerivePorts = lake.ports) => createLakeWriter(ports).inspect(signal);
const inspectAll = (ports: DerivePorts = lake.ports) =>
  createLakeWriter(ports).inspectShare({ from: 0, to: 1 }, signal);
const markedDays = async () => (await lake.store.dirtyDays()).map(({ day }) => day);

async function replace(path: string, content: string): Promise<void> {
  await lake.objects.put(path, new TextEncoder().encode(content), await lake.objects.version(path));
}

async function remove(path: string): Promise<void> {
  await lake.objects.remove(path, await lake.objects.version(path));
}

/**
 * Objects whose listing tells no version, as with files; `sizeOf` replaces their sizes. Counts what is read.
 */
function asFiles(objects: ObjectStore, sizeOf: (path: string) => number = () => 1) {
  const read: string[] = [];
  const files: ObjectStore = {
    ...objects,
    version(path) {
      read.push(path);
      return objects.version(path);
    },
    list: async () => (await objects.list()).map(({ path }) => ({ path, size: sizeOf(path), version: null })),
  };
  return { files, read };
}

describe('an inspection', () => {
  test('of an intact lake finds nothing and marks nothing', async () => {
    expect(await inspect()).toEqual(NOTHING);
    expect(await inspectAll()).toEqual(NOTHING);
    expect(await inspect({ ...lake.ports, objects: asFiles(lake.objects).files })).toEqual(NOTHING);
    expect(await markedDays()).toEqual([]);
  });

  test.each([
    { damage: 'is deleted', act: () => remove(HALF.path) },
    { damage: 'was replaced by another program', act: () => replace(HALF.path, 'not ours') },
    { damage: 'is empty', act: () => replace(HALF.path, '') },
  ])(
    'marks the day of which an object $damage, and it is as before when that is derived',
    async ({ act }) => {
      const before = await lake.read();
      await act();
      expect(await lake.read()).not.toEqual(before);
      for (const look of [inspect, inspectAll]) {
        expect(await look()).toEqual({ damaged: [HALF.day], unrecorded: [] });
        expect(await markedDays()).toEqual([HALF.day]);
        // A day that is marked is not looked at: it will be derived.
        expect(await look()).toEqual(NOTHING);
        await lake.derive();
        expect(await lake.read()).toEqual(before);
        expect(await look()).toEqual(NOTHING);
        await act();
      }
    },
  );

  test('removes the objects of days after a watermark that was lowered, and derives the rest as before', async () => {
    const before = await lake.read();
    await lake.store.advanceAsOf(DAY_ONE + 9 * DAY);
    await lake.derive();
    expect(Object.keys(await lake.read()).length).toBeGreaterThan(Object.keys(before).length);
    await lake.store.lowerAsOf(DAY_ONE + 2.5 * DAY);
    await inspect();
    await lake.derive();
    expect(await lake.read()).toEqual(before);
  });

  test('marks the day that has an object which its derivation did not leave', async () => {
    await lake.store.writeSettings({ ...COARSE, skipPartial: true, timeframes: [1440] });
    await lake.derive();
    // The half day has no whole bar of a day.
    const [, , half] = [0, 1, 2].map((n) => DAY_ONE + n * DAY);
    const path = 'bars/timeframe=1440m/date=2026-11-22/bars.parquet';
    expect(await lake.objects.version(path)).toBeNull();
    await replace(path, 'invented');
    expect(await inspect()).toEqual({ damaged: [half], unrecorded: [] });
    await lake.derive();
    expect(await lake.objects.version(path)).toBeNull();
  });

  test('marks the days without a record, as a store of an earlier version has them, and writes no object', async () => {
    const derivation = { ...lake.store, readObjects: async () => [] };
    const before = await lake.objects.list();
    const damage = await inspect({ ...lake.ports, derivation });
    expect(damage.damaged).toEqual([]);
    expect(damage.unrecorded.toSorted()).toEqual([0, 1, 2].map((n) => DAY_ONE + n * DAY));
    await lake.derive();
    expect(await lake.objects.list()).toEqual(before);
    expect(await inspect()).toEqual(NOTHING);
  });

  test('keeps objects of days that the store does not know, as after the loss of the store', async () => {
    const path = 'candles/interval=2h/date=2026-11-01/candles.parquet';
    await replace(path, 'of a former store');
    expect(await inspect()).toEqual(NOTHING);
    expect(await listPaths(lake.objects)).toContain(path);
    const empty = await createTestLake(COARSE, DAY_ONE + DAY);
    const before = await lake.objects.list();
    expect(await inspect({ ...empty.ports, objects: lake.objects })).toEqual(NOTHING);
    expect(await lake.objects.list()).toEqual(before);
  });

  test('removes the bars of timeframes that are not recorded, also when another process does so too', async () => {
    await lake.store.writeSettings({ ...COARSE, timeframes: [240] });
    await lake.derive();
    const former = (path: string) => path.includes('timeframe=600m');
    const paths = await listPaths(lake.objects);
    expect(paths.some(former)).toBe(true);
    const listed = await lake.objects.list();
    await inspect();
    expect(await listPaths(lake.objects)).toEqual(paths.filter((path) => !former(path)));
    // Its listing is from before the other one removed them.
    await inspect({ ...lake.ports, objects: { ...lake.objects, list: async () => listed } });
  });

  test('reads the newest days first where the listing tells no version, and not more than 256 MiB', async () => {
    await replace(HALF.path, 'not ours');
    const mebibyte = 1024 * 1024;
    const { files, read } = asFiles(lake.objects, () => 40 * mebibyte);
    expect(await inspect({ ...lake.ports, objects: files })).toEqual({ damaged: [HALF.day], unrecorded: [] });
    expect(read).toHaveLength(6);
    expect(new Set(read.map((path) => path.match(/date=([\d-]+)/)![1]))).toEqual(
      new Set(['2026-11-21', '2026-11-22']),
    );
  });

  test('that is stopped at any step, like a derivation after it, leaves a lake that the next ones heal', async () => {
    const before = await lake.read();
    const work = async (ports: DerivePorts) => {
      await inspect(ports);
      await deriveOnce(ports, signal);
    };
    await replace(HALF.path, 'not ours');
    const counted = interrupted(lake.ports, { at: -1, after: false, action: () => {} });
    await work(counted.ports);
    expect(counted.calls()).toBeGreaterThan(15);
    for (let at = 0; at < counted.calls(); at++) {
      await replace(HALF.path, 'not ours');
      const crash = () => {
        throw new Crash();
      };
      const { ports } = interrupted(lake.ports, { at, after: at % 2 === 0, action: crash });
      await expect(work(ports), `step ${at}`).rejects.toThrow(Crash);
      await work(lake.ports);
      expect(await lake.read(), `step ${at}`).toEqual(before);
      expect(await markedDays(), `step ${at}`).toEqual([]);
    }
  });
});

describe('shares of the lake', () => {
  const days = fc.integer({ min: 1, max: 4000 });
  // From a second on: a day of waits of a millisecond is 86 million shares.
  const waits = fc.array(fc.integer({ min: 1000, max: 9 * 60_000 }), { minLength: 1, maxLength: 20 });

  property.prop([days, fc.nat(DAY), waits])(
    'inspect each day once within 24 hours, whenever they begin',
    (count, start, pauses) => {
      const seen = new Map<number, number>();
      let since = DAY_ONE + start;
      for (let now = since, turn = 0; since < DAY_ONE + start + DAY; turn++) {
        now = Math.min(now + pauses[turn % pauses.length]!, DAY_ONE + start + DAY);
        const { share, until } = nextShare(since, now);
        const [first, end] = [share.from, share.to].map((part) => Math.floor(part * count));
        for (let day = first!; day < end!; day++) seen.set(day, (seen.get(day) ?? 0) + 1);
        since = until;
      }
      expect(seen.size).toBe(count);
      expect(new Set(seen.values())).toEqual(new Set([1]));
    },
  );

  test('are of ten minutes at most, so that an idle moment after a long derivation is short', () => {
    const { share, until } = nextShare(DAY_ONE, DAY_ONE + 6 * 3_600_000);
    expect(until).toBe(DAY_ONE + 600_000);
    expect(share).toEqual({ from: 0, to: 600_000 / DAY });
  });

  test('end with the UTC day and go on at the first day of the lake', () => {
    const { share, until } = nextShare(DAY_ONE + DAY - 60_000, DAY_ONE + DAY + 60_000);
    expect([share.to, until]).toEqual([1, DAY_ONE + DAY]);
    expect(nextShare(until, DAY_ONE + DAY + 60_000).share).toEqual({ from: 0, to: 60_000 / DAY });
  });

  test('older than a day are not made up for', () => {
    expect(nextShare(DAY_ONE, DAY_ONE + 9 * DAY).until).toBe(DAY_ONE + 8 * DAY + 600_000);
  });
});

test('what an inspection found is one line each, with the number of days and the first one', () => {
  const damage = { damaged: [DAY_ONE + DAY, DAY_ONE], unrecorded: [DAY_ONE + 2 * DAY] };
  expect(damageEvents(NOTHING)).toEqual([]);
  expect(damageEvents(damage)).toMatchObject([
    { level: 'warn', kind: 'lake-damaged', message: expect.stringContaining('2 days from 2026-11-20 on') },
    { level: 'info', kind: 'lake-unrecorded', message: expect.stringContaining('1 day ') },
  ]);
});
