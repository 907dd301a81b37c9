import { adoptSettings, type ReportedEvent, readLakeSettings } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { commitWith, dayCommitTests, STATE } from './dayCommits.ts';
import { dirtyDayTests } from './dirtyDays.ts';
import {
  BTC,
  DAY,
  deriveAll,
  ETH,
  FRIDAY,
  MINUTE,
  makeCandle,
  markedDays,
  type OpenStore,
  SETTINGS,
  SLOT,
  type Store,
  startLake,
  withStore,
} from './storeFixture.ts';

/** The contract of a derivation store. */
export function derivationStoreContract(name: string, open: OpenStore): void {
  describe(`${name} as a derivation store`, () => {
    settingsTests(open);
    watermarkTests(open);
    dayCommitTests(open);
    restartTests(open);
    dirtyDayTests(open);
  });
}

function settingsTests(open: OpenStore): void {
  test('has no settings until they are written, then exactly those', () =>
    withStore(open, async ({ store, second }) => {
      expect(await store.readSettings()).toBeNull();
      await store.writeSettings(SETTINGS);
      expect(await second.readSettings()).toEqual(SETTINGS);
    }));

  test('settings of a lake without candles give way to another interval, settings of candles do not', () =>
    withStore(open, async ({ store }) => {
      const kinds: string[] = [];
      const ports = {
        candles: store,
        derivation: store,
        report: ({ kind }: ReportedEvent) => void kinds.push(kind),
      };
      await adoptSettings(ports, { ...SETTINGS, interval: '5m' }, 'a');
      await store.describeSeries({ ...BTC, interval: '5m' }, { pricePrecision: 1 });
      expect(await readLakeSettings(ports)).toBeNull();
      await adoptSettings(ports, SETTINGS, 'a');
      expect(await store.readSettings()).toEqual(SETTINGS);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
      expect(await readLakeSettings(ports)).toEqual(SETTINGS);
      await expect(adoptSettings(ports, { ...SETTINGS, interval: '5m' }, 'a')).rejects.toThrow(
        `--interval "5m": the lake in "a" holds candles of ${SETTINGS.interval}`,
      );
      expect(kinds).toEqual([]);
    }));

  test('deletes checkpoints and coverage and marks the whole lake when the settings change', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 2 * DAY + SLOT);
      await commitWith(store, FRIDAY, { closes: [1] });
      await deriveAll(store);
      const changed = { ...SETTINGS, periods: { ...SETTINGS.periods, maShort: 4 } };
      await store.writeSettings(changed);
      expect(await store.readSettings()).toEqual(changed);
      expect(await store.readCheckpoint(BTC, 21, FRIDAY)).toBeNull();
      expect(await markedDays(store)).toEqual([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY]);
      await deriveAll(store);
      expect(await store.readCoverage(BTC, 0, FRIDAY + 9 * DAY)).toEqual([]);
    }));

  test('marks nothing when the same settings come in another order of keys', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + DAY);
      await commitWith(store, FRIDAY, { closes: [1] });
      const reordered = Object.fromEntries(Object.entries(SETTINGS).reverse()) as unknown as typeof SETTINGS;
      await store.writeSettings(reordered);
      expect(await store.dirtyDays()).toEqual([]);
      expect(await store.readCheckpoint(BTC, 21, FRIDAY)).not.toBeNull();
    }));
}

function watermarkTests(open: OpenStore): void {
  test('never moves the watermark back (predecessor fault 7)', () =>
    withStore(open, async ({ store, second }) => {
      await store.writeSettings(SETTINGS);
      expect(await store.readAsOf()).toBe(0);
      expect(await store.advanceAsOf(FRIDAY + SLOT)).toBe(FRIDAY + SLOT);
      expect(await second.advanceAsOf(FRIDAY)).toBe(FRIDAY + SLOT);
      expect(await second.readAsOf()).toBe(FRIDAY + SLOT);
    }));

  test('lowers a watermark that lies in the future, marks the day of the new one, and raises it again', () =>
    withStore(open, async ({ store, second }) => {
      await store.writeSettings(SETTINGS);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY)] }]);
      await store.advanceAsOf(FRIDAY + 30 * DAY);
      for (const mark of await store.dirtyDays()) {
        await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: [] });
      }
      await second.lowerAsOf(FRIDAY + 40 * DAY);
      expect(await store.readAsOf()).toBe(FRIDAY + 30 * DAY);
      await second.lowerAsOf(FRIDAY + DAY + SLOT);
      expect(await store.readAsOf()).toBe(FRIDAY + DAY + SLOT);
      expect(await markedDays(store)).toEqual([FRIDAY + DAY]);
      await store.advanceAsOf(FRIDAY + DAY + 2 * SLOT);
      expect(await second.readAsOf()).toBe(FRIDAY + DAY + 2 * SLOT);
    }));

  test('refuses to raise the watermark while no settings are recorded', () =>
    withStore(open, async ({ store }) => {
      await expect(store.advanceAsOf(FRIDAY)).rejects.toThrow('write the settings first');
    }));

  test('marks the days of the first advance from the first slot to the last covered instant', () =>
    withStore(open, async ({ store }) => {
      await store.writeSettings(SETTINGS);
      const facts = [{ series: BTC, candles: [makeCandle(FRIDAY + 7 * SLOT)] }];
      await store.merge([...facts, { series: ETH, candles: [makeCandle(FRIDAY + DAY)] }]);
      await store.advanceAsOf(FRIDAY + 3 * DAY);
      expect(await markedDays(store)).toEqual([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY]);
    }));

  test('marks nothing while there is no candle', () =>
    withStore(open, async ({ store }) => {
      await store.writeSettings(SETTINGS);
      await store.describeSeries(BTC, { launchTime: FRIDAY, pricePrecision: 1 });
      await store.advanceAsOf(FRIDAY + DAY);
      expect(await store.dirtyDays()).toEqual([]);
    }));

  test.each([
    ['yesterday too in the first interval of a day', DAY, DAY + SLOT, [0, DAY]],
    ['yesterday too until a whole interval has passed', DAY + SLOT - 1, DAY + SLOT, [0, DAY]],
    ['only today from the first interval on', DAY + SLOT, DAY + 2 * SLOT, [DAY]],
    ['not the day that begins where it ends', DAY - SLOT, DAY, [0]],
    ['every day of a leap', SLOT, 3 * DAY + 1, [0, DAY, 2 * DAY, 3 * DAY]],
  ])('an advance marks %s', (_title, from, to, expected) =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + from);
      await store.advanceAsOf(FRIDAY + to);
      expect(await markedDays(store)).toEqual(expected.map((ms) => FRIDAY + ms));
    }),
  );
}

function restartTests(open: OpenStore): void {
  test('returns everything after a restart (predecessor fault 38)', () =>
    withStore(open, async ({ store, reopen }) => {
      await startLake(store, FRIDAY + 2 * DAY);
      await commitWith(store, FRIDAY, STATE);
      const historyStart = { firstAvailable: FRIDAY - DAY, read: 5 * MINUTE };
      await store.merge([
        { series: BTC, candles: [makeCandle(FRIDAY, { volume: '9', observed: 9e12 })], historyStart },
      ]);
      const everything = async (handle: Store) => ({
        series: await handle.listSeries(),
        day: await handle.readDay(BTC, FRIDAY),
        revisions: await handle.revisions(BTC),
        settings: await handle.readSettings(),
        asOf: await handle.readAsOf(),
        marks: await handle.dirtyDays(),
        checkpoint: await handle.readCheckpoint(BTC, 21, FRIDAY),
      });
      const before = await everything(store);
      expect(before).toMatchObject({ asOf: FRIDAY + 2 * DAY, checkpoint: STATE, settings: SETTINGS });
      expect([before.revisions.length, before.marks.length]).toEqual([1, 2]);
      expect(await everything(await reopen())).toEqual(before);
    }));
}
