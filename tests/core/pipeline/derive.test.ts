import {
  type Candle,
  ConflictError,
  deriveDay,
  deriveDirtyDays,
  type EpochMs,
  type LakeSettings,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { encode } from '../../support/encoder.ts';
import {
  createTestLake,
  DAY,
  DAY_ONE,
  MINUTE,
  SETTINGS,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';
import { type Row, readRows } from '../../support/readParquet.ts';

const BTC = series('BTC-USDT', '3m');
const ETH = series('ETH-USDT', '3m');
const SLOT = 3 * MINUTE;
const { signal } = new AbortController();
const DATES = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];

async function createLake(settings: Partial<LakeSettings> = {}, asOf = DAY_ONE + DAY): Promise<TestLake> {
  const lake = await createTestLake({ ...SETTINGS, ...settings }, asOf);
  return { ...lake, ports: { ...lake.ports, encode } };
}

/** Candles of the slots `from` to `to`, counted from the first day, but those in `without`. */
function candles(from: number, to: number, without: readonly number[] = []): readonly Candle[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
    .filter((slot) => !without.includes(slot))
    .map((slot) => shapedCandle(DAY_ONE + slot * SLOT, slot * 7));
}

async function derive({ ports }: TestLake): Promise<readonly EpochMs[]> {
  const days: EpochMs[] = [];
  await deriveDirtyDays(ports, signal, { onDay: ({ day }) => days.push(day) });
  return days;
}

async function rowsOf(lake: TestLake, table: 'candles' | 'bars' | 'coverage', dates = DATES): Promise<Row[]> {
  const partition = table === 'bars' ? 'timeframe=21m' : 'interval=3m';
  const rows: Row[] = [];
  for (const date of dates) {
    const bytes = await lake.objects.read(`${table}/${partition}/date=${date}/${table}.parquet`);
    if (bytes) rows.push(...(await readRows(bytes)));
  }
  return rows;
}

/** What changes in the lake's objects by path, between two looks. */
async function versions({ objects }: TestLake): Promise<Record<string, string | null>> {
  const paths = await objects.list();
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await objects.version(path)])),
  );
}

describe('bars', () => {
  test('go on over midnight as one sequence: averages and ATR as of one run over all days (predecessor fault 18)', async () => {
    const lake = await createLake({}, DAY_ONE + 3 * DAY);
    // Day by day, as a program that is restarted every midnight.
    for (const day of [0, 1, 2]) {
      await lake.store.merge([{ series: BTC, candles: candles(day * 480, (day + 1) * 480) }]);
      await derive(lake);
    }
    const rows = await rowsOf(lake, 'bars');
    expect(rows).toHaveLength(3 * 69);
    const closes = rows.map(({ close }) => close as number);
    const ranges = rows.map(({ high, low }, i) => {
      const spread = (high as number) - (low as number);
      if (i === 0) return spread;
      return Math.max(
        spread,
        Math.abs((high as number) - closes[i - 1]!),
        Math.abs((low as number) - closes[i - 1]!),
      );
    });
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    let atr = Number.NaN;
    // Literal restatement of design §4, over the flat list of bars that knows no days.
    rows.forEach((row, i) => {
      expect(row.ma_short).toBe(i < 2 ? null : mean(closes.slice(i - 2, i + 1)));
      expect(row.ma_long).toBe(i < 6 ? null : mean(closes.slice(i - 6, i + 1)));
      expect(row.tr).toBe(ranges[i]);
      if (i === 13) atr = mean(ranges.slice(0, 14));
      if (i > 13) atr = (atr * 13 + ranges[i]!) / 14;
      expect(row.atr).toBe(i < 13 ? null : atr);
    });
  });

  test('of the last 12 minutes of a day have four candles and end with it', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    await derive(lake);
    const rows = await rowsOf(lake, 'bars');
    expect(rows).toHaveLength(69);
    expect(rows.at(-1)).toMatchObject({
      bar_index: 68,
      open_time: DAY_ONE + (23 * 60 + 48) * MINUTE,
      close_time: DAY_ONE + DAY,
      candle_count: 4,
      expected_count: 4,
      status: 'complete',
    });
  });

  test('that are complete appear when they close, not a millisecond before (predecessor fault 37)', async () => {
    const lake = await createLake({}, DAY_ONE + 21 * MINUTE - 1);
    await lake.store.merge([{ series: BTC, candles: candles(0, 10) }]);
    await derive(lake);
    expect(await rowsOf(lake, 'bars')).toEqual([]);
    await lake.store.advanceAsOf(DAY_ONE + 21 * MINUTE);
    await derive(lake);
    expect((await rowsOf(lake, 'bars')).map(({ bar_index }) => bar_index)).toEqual([0]);
  });

  test('that are short appear one interval after their close, over midnight too', async () => {
    const lake = await createLake({}, DAY_ONE + DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 480, [478]) }]);
    await derive(lake);
    expect((await rowsOf(lake, 'bars')).at(-1)).toMatchObject({ bar_index: 67 });
    await lake.store.advanceAsOf(DAY_ONE + DAY + SLOT - 1);
    await derive(lake);
    expect((await rowsOf(lake, 'bars')).at(-1)).toMatchObject({ bar_index: 67 });
    await lake.store.advanceAsOf(DAY_ONE + DAY + SLOT);
    await derive(lake);
    expect((await rowsOf(lake, 'bars', [DATES[0]!])).at(-1)).toMatchObject({
      bar_index: 68,
      candle_count: 3,
      status: 'short',
    });
  });

  test('that were short are whole after the repair (predecessor fault 38)', async () => {
    const lake = await createLake({}, DAY_ONE + DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 14, [3]) }]);
    await derive(lake);
    expect((await rowsOf(lake, 'bars'))[0]).toMatchObject({ candle_count: 6, status: 'short' });
    await lake.store.merge([{ series: BTC, candles: candles(3, 4) }]);
    await derive(lake);
    expect((await rowsOf(lake, 'bars'))[0]).toMatchObject({ candle_count: 7, status: 'complete' });
  });

  test('of every timeframe have objects of their own', async () => {
    const lake = await createLake({ timeframes: [21, 60, 1440] });
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    await derive(lake);
    const counts = [21, 60, 1440].map(async (minutes) => {
      const bytes = await lake.objects.read(`bars/timeframe=${minutes}m/date=2026-11-20/bars.parquet`);
      return (await readRows(bytes!)).length;
    });
    expect(await Promise.all(counts)).toEqual([69, 24, 1]);
  });
});

describe('one object', () => {
  test('holds all symbols by name, each in time order, and no key twice (predecessor faults 36, 40)', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: ETH, candles: candles(0, 480) }]);
    await lake.store.merge([{ series: BTC, candles: candles(200, 480) }]);
    await derive(lake);
    await lake.store.merge([{ series: BTC, candles: candles(0, 300) }]);
    await derive(lake);
    for (const [table, perSymbol] of [
      ['candles', 480],
      ['bars', 69],
      ['coverage', 1],
    ] as const) {
      const keys = (await rowsOf(lake, table)).map(({ symbol, open_time }) => `${symbol} ${open_time ?? ''}`);
      expect(keys).toHaveLength(2 * perSymbol);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).toEqual(keys.toSorted());
    }
  });

  test('is removed when no row belongs to it any more', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 4) }]);
    await derive(lake);
    expect(await rowsOf(lake, 'bars')).toHaveLength(1);
    await lake.store.writeSettings({ ...SETTINGS, skipPartial: true });
    await derive(lake);
    expect(await lake.objects.list()).toEqual([
      'candles/interval=3m/date=2026-11-20/candles.parquet',
      'coverage/interval=3m/date=2026-11-20/coverage.parquet',
    ]);
  });

  test('is left alone when its rows are the same', async () => {
    const lake = await createLake({}, DAY_ONE + DAY / 2);
    await lake.store.merge([{ series: BTC, candles: candles(0, 240) }]);
    await derive(lake);
    await lake.store.advanceAsOf(DAY_ONE + DAY / 2 + SLOT - 1);
    const counts: number[] = [];
    await deriveDirtyDays(lake.ports, signal, { onDay: ({ objects }) => counts.push(objects) });
    expect(counts).toEqual([0]);
    await lake.store.advanceAsOf(DAY_ONE + DAY / 2 + SLOT);
    await deriveDirtyDays(lake.ports, signal, { onDay: ({ objects }) => counts.push(objects) });
    expect(counts).toEqual([0, 1]);
  });

  test('does not depend on the order in which its candles came', async () => {
    const all = [...candles(0, 480)];
    const lakes = await Promise.all(
      [all, all.toReversed()].map(async (ordered) => {
        const lake = await createLake();
        const [first, second] = ordered === all ? [BTC, ETH] : [ETH, BTC];
        for (const one of [first, second]) {
          for (let i = 0; i < ordered.length; i += 96)
            await lake.store.merge([{ series: one, candles: ordered.slice(i, i + 96) }]);
        }
        await derive(lake);
        return Promise.all(
          (await lake.objects.list()).map(async (path) => [path, await lake.objects.read(path)]),
        );
      }),
    );
    expect(lakes[0]).toEqual(lakes[1]);
  });
});

describe('a late correction', () => {
  async function fourDays(): Promise<TestLake> {
    const lake = await createLake({}, DAY_ONE + 4 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 4 * 480) }]);
    await derive(lake);
    return lake;
  }
  const corrected = (slot: number, parts: Partial<Candle>) => [
    { series: BTC, candles: [{ ...candles(slot, slot + 1)[0]!, observed: DAY_ONE + 30 * DAY, ...parts }] },
  ];

  test('of a close is derived forward to the last day, because the ATR remembers it', async () => {
    const lake = await fourDays();
    const before = await rowsOf(lake, 'bars');
    await lake.store.merge(corrected(479, { high: '900', close: '500' }));
    expect(await derive(lake)).toEqual([0, 1, 2, 3].map((n) => DAY_ONE + n * DAY));
    const after = await rowsOf(lake, 'bars');
    expect(after.slice(0, 68)).toEqual(before.slice(0, 68));
    for (let i = 69; i < after.length; i++) expect(after[i]!.atr).not.toBe(before[i]!.atr);
  });

  test('of a volume stays on its day, because no indicator sees it', async () => {
    const lake = await fourDays();
    await lake.store.merge(corrected(100, { volume: '4242' }));
    expect(await derive(lake)).toEqual([DAY_ONE]);
  });

  test('goes no further than the day on which the checkpoints are as they were', async () => {
    // An outage of a whole day: the indicators start anew after it, whatever was before.
    const lake = await createLake({}, DAY_ONE + 4 * DAY);
    await lake.store.merge([{ series: BTC, candles: [...candles(0, 480), ...candles(2 * 480, 4 * 480)] }]);
    await derive(lake);
    await lake.store.merge(corrected(479, { high: '900', close: '500' }));
    expect(await derive(lake)).toEqual([DAY_ONE, DAY_ONE + DAY]);
  });

  test('changes the objects that show it and no other', async () => {
    const lake = await fourDays();
    const before = await versions(lake);
    await lake.store.merge(corrected(100, { volume: '4242' }));
    await derive(lake);
    const after = await versions(lake);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(changed).toEqual([
      'bars/timeframe=21m/date=2026-11-20/bars.parquet',
      'candles/interval=3m/date=2026-11-20/candles.parquet',
    ]);
  });
});

describe('other settings', () => {
  test('derive every day again, and touch only what they shape', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 960) }]);
    await derive(lake);
    const before = await versions(lake);
    await lake.store.writeSettings({ ...SETTINGS, periods: { maShort: 2, maLong: 5, atr: 3 } });
    expect(await derive(lake)).toEqual([DAY_ONE, DAY_ONE + DAY]);
    const after = await versions(lake);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const path of Object.keys(after))
      expect(after[path] === before[path]).toBe(!path.startsWith('bars/'));
    const rows = await rowsOf(lake, 'bars');
    const closes = rows.map(({ close }) => close as number);
    expect(rows[70]!.ma_short).toBe((closes[69]! + closes[70]!) / 2);
  });

  test('without averages change no ATR, and the averages are back with the flag', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    await derive(lake);
    const before = await rowsOf(lake, 'bars');
    await lake.store.writeSettings({ ...SETTINGS, writeMa: false });
    await derive(lake);
    const without = await rowsOf(lake, 'bars');
    expect(without.map(({ atr }) => atr)).toEqual(before.map(({ atr }) => atr));
    expect(new Set(without.map(({ ma_short }) => ma_short))).toEqual(new Set([null]));
    await lake.store.writeSettings(SETTINGS);
    await derive(lake);
    expect(await rowsOf(lake, 'bars')).toEqual(before);
  });
});

describe('coverage', () => {
  test('counts every slot of every day from the first one, a day without candles included', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY + 100 * SLOT + 1);
    await lake.store.merge([{ series: BTC, candles: [...candles(5, 400, [17]), ...candles(960, 1060)] }]);
    await lake.store.merge([{ series: ETH, candles: candles(480, 490) }]);
    await derive(lake);
    const shown = (await rowsOf(lake, 'coverage')).map((row) => [
      row.symbol,
      row.expected,
      row.final,
      row.missing,
      row.first_missing,
    ]);
    expect(shown).toEqual([
      ['BTC-USDT', 480, 394, 86, DAY_ONE],
      ['BTC-USDT', 480, 0, 480, DAY_ONE + DAY],
      ['ETH-USDT', 480, 10, 470, DAY_ONE + DAY + 10 * SLOT],
      ['BTC-USDT', 100, 100, 0, null],
      ['ETH-USDT', 100, 0, 100, DAY_ONE + 2 * DAY],
    ]);
  });

  test('tells quiet, unavailable and unexpected slots apart, and no bar waits for them', async () => {
    const lake = await createLake();
    const read = DAY_ONE + 2 * DAY;
    await lake.store.describeSeries(BTC, { launchTime: DAY_ONE + 7 * SLOT, pricePrecision: 1 });
    await lake.store.merge([
      {
        series: BTC,
        candles: candles(14, 480, [16, 480 - 1]),
        absences: [{ openTime: DAY_ONE + 16 * SLOT, firstRead: read, lastRead: read + 10 * MINUTE }],
      },
    ]);
    for (const at of [read, read + 10 * MINUTE]) {
      const historyStart = { firstAvailable: DAY_ONE + 10 * SLOT, read: at };
      await lake.store.merge([{ series: BTC, historyStart }]);
    }
    await derive(lake);
    expect(await rowsOf(lake, 'coverage')).toEqual([
      {
        market: 'swap',
        symbol: 'BTC-USDT',
        expected: 473,
        final: 464,
        provisional: 0,
        quiet: 1,
        unavailable: 3,
        missing: 5,
        first_missing: DAY_ONE + 10 * SLOT,
      },
    ]);
    const [first] = await rowsOf(lake, 'bars');
    expect(first).toMatchObject({ bar_index: 2, candle_count: 6, expected_count: 7, status: 'complete' });
  });

  test('is what the store was told as well', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 300) }]);
    await derive(lake);
    const [recorded] = await lake.store.readCoverage(BTC, DAY_ONE, DAY_ONE + DAY);
    const [row] = await rowsOf(lake, 'coverage');
    expect(recorded!.coverage).toMatchObject({
      expected: row!.expected,
      final: row!.final,
      missing: row!.missing,
    });
    expect(recorded!.coverage.firstMissing).toBe(row!.first_missing);
  });
});

describe('imported candles', () => {
  test('are final rows of source import, and make complete bars', async () => {
    const lake = await createLake();
    const imported = candles(0, 480).map((one): Candle => ({ ...one, status: 'imported', source: 'import' }));
    await lake.store.merge([{ series: BTC, candles: imported }]);
    await derive(lake);
    const rows = await rowsOf(lake, 'candles');
    expect(new Set(rows.map(({ status, source }) => `${status} ${source}`))).toEqual(
      new Set(['final import']),
    );
    expect(new Set((await rowsOf(lake, 'bars')).map(({ status }) => status))).toEqual(new Set(['complete']));
  });
});

describe('a derivation', () => {
  test('takes the oldest day first', async () => {
    const lake = await createLake({}, DAY_ONE + 3 * DAY);
    for (const day of [2, 0, 1])
      await lake.store.merge([{ series: BTC, candles: candles(day * 480, day * 480 + 9) }]);
    expect(await derive(lake)).toEqual([DAY_ONE, DAY_ONE + DAY, DAY_ONE + 2 * DAY]);
  });

  test('leaves a day without a mark alone', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 9) }]);
    await derive(lake);
    expect(await deriveDay(lake.ports, DAY_ONE, signal)).toBeNull();
  });

  test('leaves series of another interval out', async () => {
    const lake = await createLake();
    await lake.store.merge([
      { series: BTC, candles: candles(0, 9) },
      { series: series('BTC-USDT', '1h'), candles: [shapedCandle(DAY_ONE, 3)] },
    ]);
    await derive(lake);
    expect(await rowsOf(lake, 'candles')).toHaveLength(9);
    expect(await rowsOf(lake, 'coverage')).toHaveLength(1);
  });

  test('begins a day again when an object changed under it', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    let conflicts = 2;
    const objects = {
      ...lake.objects,
      put: async (...args: Parameters<typeof lake.objects.put>) => {
        if (conflicts-- > 0) throw new ConflictError('another writer was here');
        return lake.objects.put(...args);
      },
    };
    await deriveDirtyDays({ ...lake.ports, objects }, signal);
    expect(await rowsOf(lake, 'bars')).toHaveLength(69);
    expect(await lake.store.dirtyDays()).toEqual([]);
  });

  test('gives up on a conflict without end, and the mark stays', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    const put = async () => {
      throw new ConflictError('another writer is here');
    };
    await expect(
      deriveDirtyDays({ ...lake.ports, objects: { ...lake.objects, put } }, signal),
    ).rejects.toThrow(ConflictError);
    expect(await lake.store.dirtyDays()).toHaveLength(1);
  });

  test('ends with the reason of its signal, and the mark stays', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    const stop = new AbortController();
    const rest = async () => stop.abort(new Error('stopped'));
    await expect(deriveDirtyDays({ ...lake.ports, rest }, stop.signal)).rejects.toThrow('stopped');
    expect(await lake.store.dirtyDays()).toHaveLength(1);
  });

  test('waits for the lease before each day and holds it until the day is committed', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 960) }]);
    const seen: string[] = [];
    const withLakeLease = async <T>(work: () => Promise<T>) => {
      seen.push(`lease with ${(await lake.store.dirtyDays()).length} marks`);
      const result = await work();
      seen.push(`free with ${(await lake.store.dirtyDays()).length} marks`);
      return result;
    };
    await deriveDirtyDays({ ...lake.ports, withLakeLease }, signal);
    expect(seen).toEqual([
      'lease with 2 marks',
      'free with 1 marks',
      'lease with 1 marks',
      'free with 0 marks',
    ]);
  });

  test('ends although its days are marked again all the time', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 960, [5, 500]) }]);
    let writes = 0;
    const rest = async () => {
      writes += 1;
      if (writes > 20) throw new Error('the pass does not end');
      const changed = [5, 500].map((slot) => shapedCandle(DAY_ONE + slot * SLOT, writes));
      await lake.store.merge([{ series: BTC, candles: changed }]);
    };
    expect(await deriveDirtyDays({ ...lake.ports, rest }, signal)).toMatchObject({ days: 2 });
    expect(await lake.store.dirtyDays()).toHaveLength(2);
  });

  test('hands over the bars of every series and timeframe of the day', async () => {
    const lake = await createLake({ timeframes: [21, 60] });
    await lake.store.merge([BTC, ETH].map((one) => ({ series: one, candles: candles(0, 480) })));
    const seen: string[] = [];
    await deriveDirtyDays(lake.ports, signal, {
      onDay: ({ bars }) =>
        seen.push(...bars.map((one) => `${one.series.symbol} ${one.timeframeMinutes} ${one.bars.length}`)),
    });
    expect(seen).toEqual(['BTC-USDT 21 69', 'BTC-USDT 60 24', 'ETH-USDT 21 69', 'ETH-USDT 60 24']);
  });
});
