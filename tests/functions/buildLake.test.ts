import {
  type CrossoverNotice,
  createMemoryObjects,
  createMemoryStore,
  type LakeStatus,
  type ReportedEvent,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { type BuildPorts, buildLake } from '../../packages/functions/src/jobs/buildLake.ts';
import { interrupted } from '../support/interrupted.ts';
import { encodeAsText, listPaths, readTexts } from '../support/lake.ts';
import { createManualClock } from '../support/manualClock.ts';
import { BTC, DAY, ETH, HOUR, SETTINGS, SLOT, slotsOf, TODAY } from './jobFixture.ts';

const { signal } = new AbortController();
const NOW = TODAY + 6 * HOUR;

/** Prices that swing with a period of three hours, so that the averages cross. */
function swinging(openTime: number, shift = 0) {
  const price = (200 + 20 * Math.sin((openTime / (3 * HOUR)) * 2 * Math.PI) + shift).toFixed(2);
  const values = { open: price, high: price, low: price, close: price, volume: '1' };
  return { openTime, ...values, status: 'final', source: 'history', observed: openTime + SLOT } as const;
}

/** A store with three days of two symbols up to now, the last six hours of them live; nothing derived. */
async function createBuilder(parts: Partial<BuildPorts> = {}) {
  const clock = createManualClock(NOW);
  // Without the commit of several days, which DynamoDB does not have either.
  const { commitDays: _, ...store } = createMemoryStore({ now: clock.now });
  await store.writeSettings(SETTINGS);
  for (const [shift, series] of [BTC, ETH].entries()) {
    const candles = slotsOf(TODAY - 2 * DAY, NOW).map((slot) => swinging(slot, shift));
    await store.merge([{ series, candles }]);
  }
  await store.advanceAsOf(NOW - 6 * HOUR);
  await store.advanceAsOf(NOW);
  const sent: CrossoverNotice[] = [];
  let status: LakeStatus | null = null;
  const ports: BuildPorts = {
    clock,
    candles: store,
    derivation: store,
    objects: createMemoryObjects(),
    encode: encodeAsText,
    yieldToHost: async () => {},
    notices: store,
    notify: async (notice) => void sent.push(notice),
    status: {
      readLake: async () => status,
      writeLake: async (written) => {
        status = written;
      },
    },
    report: () => {},
    ...parts,
  };
  return { ports, store, clock, sent, status: () => status };
}

describe('the builder of the lake', () => {
  test('derives every marked day, yesterday and today first, and says how far it is', async () => {
    const { ports, store, status } = await createBuilder();
    const written: string[] = [];
    const put: BuildPorts['objects']['put'] = (path, bytes, expected) => {
      written.push(path);
      return ports.objects.put(path, bytes, expected);
    };
    await buildLake({ ...ports, objects: { ...ports.objects, put } }, signal);
    expect(await store.dirtyDays()).toEqual([]);
    const days = written.map((path) => path.match(/date=([\d-]+)/)![1]!);
    const order = days.filter((day, i) => day !== days[i - 1]);
    // Twice, because the checkpoint of the 20th is news to the two days after it.
    const recent = ['2026-11-21', '2026-11-22'];
    expect(order).toEqual([...recent, '2026-11-20', ...recent]);
    const expected = {
      dirtyDays: 0,
      oldestDirtySince: null,
      lastDerivedAt: NOW,
      lastAsOf: NOW,
      lastError: null,
    };
    expect(status()).toEqual(expected);
  });

  test('stops when time is short: what is not derived stays marked, and the next run ends it', async () => {
    const time = new AbortController();
    const { ports, store, status } = await createBuilder();
    let days = 0;
    const derivation: BuildPorts['derivation'] = {
      ...store,
      async commitDay(commit) {
        days += 1;
        const cleared = await store.commitDay(commit);
        time.abort();
        return cleared;
      },
    };
    await buildLake({ ...ports, derivation }, time.signal);
    expect(days).toBe(1);
    expect((await store.dirtyDays()).map(({ day }) => day)).toEqual([TODAY - 2 * DAY, TODAY]);
    expect(status()).toMatchObject({ oldestDirtySince: NOW, lastError: null });
    await buildLake(ports, signal);
    expect(await store.dirtyDays()).toEqual([]);
  });

  test('notes the class of the error that kept the lake from being written, and since when, and throws it', async () => {
    const { ports, status, clock } = await createBuilder();
    const full = { ...ports.objects, put: async () => Promise.reject(new Error('access denied')) };
    await expect(buildLake({ ...ports, objects: full }, signal)).rejects.toThrow('access denied');
    await clock.advance(300_000);
    await expect(buildLake({ ...ports, objects: full }, signal)).rejects.toThrow('access denied');
    expect(status()).toMatchObject({ lastError: 'Error', oldestDirtySince: NOW });
    await buildLake(ports, signal);
    expect(status()).toMatchObject({ lastError: null, oldestDirtySince: null });
  });

  test('run twice at once it leaves the lake of one run', async () => {
    const alone = await createBuilder();
    await buildLake(alone.ports, signal);
    const { ports, store } = await createBuilder();
    await Promise.all([buildLake(ports, signal), buildLake(ports, signal)]);
    await buildLake(ports, signal);
    expect(await readTexts(ports.objects)).toEqual(await readTexts(alone.ports.objects));
    expect(await store.dirtyDays()).toEqual([]);
  });

  test('writes deleted and replaced objects again in its next run, and nothing in the one after it', async () => {
    const { ports, store } = await createBuilder();
    await buildLake(ports, signal);
    const before = await readTexts(ports.objects);
    const paths = await listPaths(ports.objects);
    const [replaced, ...ofToday] = paths.filter((path) => path.includes('2026-11-22'));
    const deleted = paths.filter((path) => path !== replaced && !ofToday.includes(path));
    expect(deleted).toHaveLength(6);
    for (const path of deleted) await ports.objects.remove(path, await ports.objects.version(path));
    await ports.objects.put(replaced!, Uint8Array.of(1), await ports.objects.version(replaced!));
    const events: ReportedEvent[] = [];
    const report = (event: ReportedEvent) => events.push(event);
    await buildLake({ ...ports, report }, signal);
    expect(await readTexts(ports.objects)).toEqual(before);
    expect(await store.dirtyDays()).toEqual([]);
    expect(events.map(({ kind }) => kind)).toEqual(['lake-damaged', 'lake-written']);
    events.length = 0;
    await buildLake({ ...ports, report }, signal);
    expect(events).toMatchObject([{ kind: 'lake-written', fields: { days: 0, objects: 0 } }]);
  });

  test('a correction to a day forty days back is derived, with all days after it that it changes', async () => {
    const start = TODAY - 40 * DAY;
    const withHistory = async () => {
      const builder = await createBuilder();
      await builder.store.merge([
        { series: BTC, candles: slotsOf(start, TODAY - 2 * DAY).map((slot) => swinging(slot)) },
      ]);
      return builder;
    };
    const corrected = { ...swinging(start + DAY - SLOT), close: '999', high: '999', observed: NOW };
    const oracle = await withHistory();
    await oracle.store.merge([{ series: BTC, candles: [corrected] }]);
    await buildLake(oracle.ports, signal);
    const late = await withHistory();
    await buildLake(late.ports, signal);
    const before = await readTexts(late.ports.objects);
    await late.store.merge([{ series: BTC, candles: [corrected] }]);
    await buildLake(late.ports, signal);
    const after = await readTexts(late.ports.objects);
    expect(after).toEqual(await readTexts(oracle.ports.objects));
    expect(after).not.toEqual(before);
  });
});

describe('crossovers', () => {
  test('go out once each, those of live bars only', async () => {
    const { ports, sent, store } = await createBuilder();
    await buildLake(ports, signal);
    await store.merge([{ series: BTC, candles: [{ ...swinging(NOW - HOUR), observed: NOW }] }]);
    await buildLake(ports, signal);
    await buildLake(ports, signal);
    expect(sent.length).toBeGreaterThan(4);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
    for (const { closeTime } of sent) expect(closeTime).toBeGreaterThan(NOW - 6 * HOUR);
    const kinds = sent.filter(({ symbol }) => symbol === 'BTC-USDT').map(({ kind }) => kind);
    // A swing has one of each, in turn.
    for (const [index, kind] of kinds.slice(1).entries()) expect(kind).not.toBe(kinds[index]);
    expect(sent[0]).toMatchObject({ timeframe: '21m', status: 'complete', state: 'crossed', sequence: 1 });
    expect(sent[0]!.id).toBe(`swap#${sent[0]!.symbol}#21m#${sent[0]!.openTime}#${sent[0]!.kind}`);
  });

  test('that a correction undoes are taken back with the same id', async () => {
    const { ports, sent, store } = await createBuilder();
    await buildLake(ports, signal);
    const before = sent.splice(0).filter(({ symbol }) => symbol === 'BTC-USDT');
    // One price for everything: no average crosses another.
    const flat = slotsOf(TODAY - 2 * DAY, NOW).map((slot) => ({
      ...{ ...swinging(slot), open: '200', high: '200', low: '200', close: '200' },
      observed: NOW,
    }));
    await store.merge([{ series: BTC, candles: flat }]);
    await buildLake(ports, signal);
    const retracted = before.map((notice) => ({ ...notice, state: 'retracted', sequence: 2 }));
    expect(before.length).toBeGreaterThan(2);
    expect(sent).toEqual(retracted);
  });

  test('of today are not dropped when days before were derived for hours', async () => {
    const { ports, sent, clock } = await createBuilder();
    await clock.advance(8 * HOUR);
    await buildLake(ports, signal);
    expect(sent.length).toBeGreaterThan(4);
  });

  test('that the topic does not take wait for the next run, and the lake is written all the same', async () => {
    const { ports, sent, status } = await createBuilder();
    const deaf = async () => Promise.reject(new Error('no topic'));
    await buildLake({ ...ports, notify: deaf }, signal);
    expect(status()).toMatchObject({ lastError: null, dirtyDays: 0 });
    await buildLake(ports, signal);
    expect(sent.length).toBeGreaterThan(4);
  });

  test('that cannot be written leave their day marked, so that they are found again', async () => {
    const { ports, sent, store } = await createBuilder();
    const commitDay = async () => Promise.reject(new Error('throttled'));
    const derivation = { ...ports.derivation, commitDay };
    await expect(buildLake({ ...ports, derivation }, signal)).rejects.toThrow('throttled');
    expect((await store.dirtyDays()).length).toBeGreaterThan(0);
    await buildLake(ports, signal);
    expect(sent.length).toBeGreaterThan(4);
  });

  test('are sent though a run is stopped between any two of its steps, and the lake is that of one that was not', async () => {
    const undisturbed = await createBuilder();
    const counted = interrupted(undisturbed.ports, { at: -1, after: false, action: () => {} });
    await buildLake(counted.ports, signal);
    const lake = await readTexts(undisturbed.ports.objects);
    const ids = new Set(undisturbed.sent.map(({ id }) => id));
    expect(counted.calls()).toBeGreaterThan(40);
    for (let at = 0; at < counted.calls(); at++) {
      const { ports, sent } = await createBuilder();
      const action = () => {
        throw new Error('killed');
      };
      await expect(
        buildLake(interrupted(ports, { at, after: true, action }).ports, signal),
      ).rejects.toThrow();
      await buildLake(ports, signal);
      expect(await readTexts(ports.objects), `step ${at}`).toEqual(lake);
      expect(new Set(sent.map(({ id }) => id)), `step ${at}`).toEqual(ids);
    }
  });
});
