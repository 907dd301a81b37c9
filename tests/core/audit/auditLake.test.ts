import {
  type AuditPorts,
  auditLake,
  computeDay,
  type DirtyDay,
  findingsOf,
  isDamaged,
  type LakeAudit,
  type LakeTable,
  type ObjectFinding,
} from '@candlelake/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { decodeParquet } from '../../../packages/cli/src/adapters/parquetFile.ts';
import { rowsOf } from '../../audit/rows.ts';
import { encode } from '../../support/encoder.ts';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  listPaths,
  series,
  type TestLake,
} from '../../support/lake.ts';

const { signal } = new AbortController();
const EVERYTHING = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const CANDLES = 'candles/interval=2h/date=2026-11-21/candles.parquet';
const BARS = 'bars/timeframe=240m/date=2026-11-21/bars.parquet';
const OTHER_BARS = 'bars/timeframe=600m/date=2026-11-21/bars.parquet';

let lake: TestLake;
let ports: AuditPorts;

/** Two and a half days of two symbols, derived, in memory. */
beforeEach(async () => {
  lake = await createTestLake(COARSE, DAY_ONE + 2.5 * DAY, encode);
  await lake.store.merge([
    { series: series('AAA-USDT'), candles: coarseCandles(0, 28) },
    { series: series('BBB-USDT'), candles: coarseCandles(3, 30, 5) },
  ]);
  await lake.derive();
  ports = { ...lake.ports, decode: decodeParquet, listFiles: () => listPaths(lake.objects) };
});

const audit = (parts: Partial<AuditPorts> = {}) => auditLake({ ...ports, ...parts }, EVERYTHING, signal);
const kinds = (found: LakeAudit) => findingsOf(found).map(({ path, kind }) => ({ path, kind }));

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await lake.objects.put(path, bytes, await lake.objects.version(path));
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return (await lake.objects.read(path))!;
}

async function onlyFinding(parts: Partial<AuditPorts> = {}): Promise<ObjectFinding> {
  const findings = findingsOf(await audit(parts));
  expect(findings).toHaveLength(1);
  return findings[0]!;
}

describe('an audit', () => {
  test('of an intact lake finds nothing, counts the slots of each day, and writes nothing', async () => {
    const before = await lake.read();
    const found = await audit();
    expect(isDamaged(found)).toBe(false);
    expect(found.days.map(({ day, objects, isPending }) => ({ day, objects, isPending }))).toEqual(
      [0, 1, 2].map((offset) => ({ day: DAY_ONE + offset * DAY, objects: 4, isPending: false })),
    );
    // Twelve slots a day; BBB begins with the fourth, both are known up to slot 28 and 30.
    const counts = found.days.map(({ coverage }) =>
      coverage.map(({ series: { symbol }, coverage: of }) => [symbol.slice(0, 3), of.final, of.missing]),
    );
    expect(counts).toEqual([
      [
        ['AAA', 12, 0],
        ['BBB', 9, 3],
      ],
      [
        ['AAA', 12, 0],
        ['BBB', 12, 0],
      ],
      [
        ['AAA', 4, 2],
        ['BBB', 6, 0],
      ],
    ]);
    expect(await lake.read()).toEqual(before);
    expect(await lake.store.dirtyDays()).toEqual([]);
  });

  test('says of how many missing slots history has rows that cannot be read', async () => {
    const reads = (slot: number) => {
      const openTime = DAY_ONE + slot * COARSE_SLOT;
      return { openTime, firstRead: openTime + DAY, lastRead: openTime + DAY };
    };
    // BBB has no candle in slots 1 and 2, and one in slot 4.
    await lake.store.merge([{ series: series('BBB-USDT'), unreadable: [1, 2, 4].map(reads) }]);
    await lake.derive();
    const [first] = (await audit()).days;
    expect(first!.coverage.map(({ unreadable, coverage }) => [coverage.missing, unreadable])).toEqual([
      [0, 0],
      [3, 2],
    ]);
  });

  test('of some days looks at these alone, and at the strays of all', async () => {
    await replace('notes.txt', Uint8Array.of(1));
    await replace(CANDLES, Uint8Array.of(1));
    const range = { from: DAY_ONE + 2 * DAY, to: DAY_ONE + 3 * DAY };
    const found = await auditLake(ports, range, signal);
    expect(found.days.map(({ day }) => day)).toEqual([DAY_ONE + 2 * DAY]);
    expect(kinds(found)).toEqual([{ path: 'notes.txt', kind: 'stray' }]);
  });

  test('of an empty store calls every file a stray', async () => {
    const empty = await createTestLake(COARSE, DAY_ONE);
    const found = await auditLake(
      { ...ports, candles: empty.store, derivation: empty.store },
      EVERYTHING,
      signal,
    );
    expect(found.days).toEqual([]);
    expect(findingsOf(found).map(({ path }) => path)).toEqual(await listPaths(lake.objects));
  });
});

describe('an audit says what is wrong with an object', () => {
  test('that is not there', async () => {
    await lake.objects.remove(BARS, await lake.objects.version(BARS));
    expect(await onlyFinding()).toMatchObject({ path: BARS, kind: 'missing' });
  });

  test('that cannot be read', async () => {
    await replace(BARS, (await bytesOf(BARS)).subarray(0, 500));
    const { kind, detail } = await onlyFinding();
    expect({ kind, detail: detail.slice(0, 30) }).toEqual({
      kind: 'unreadable',
      detail: 'it cannot be read as Parquet: ',
    });
  });

  test('that has the columns of another table', async () => {
    await replace(CANDLES, await bytesOf(BARS));
    const { kind, detail } = await onlyFinding();
    expect(kind).toBe('schema');
    expect(detail).toMatch(
      /^its columns are \(market string, symbol string, bar_index int32, .*\), expected \(market string/,
    );
  });

  test('that has rows of another day, with the first value that differs', async () => {
    await replace(CANDLES, await bytesOf(CANDLES.replace('21', '20')));
    expect(await onlyFinding()).toMatchObject({
      kind: 'rows',
      detail:
        'row 1 (AAA-USDT 2026-11-20T00:00Z): open_time is 2026-11-20T00:00Z, the store gives 2026-11-21T00:00Z',
    });
  });

  test('whose rows are not in order, or that lacks one', async () => {
    const table = await tableOf(CANDLES);
    const swapped = [1, 0, ...Array.from({ length: 22 }, (_, i) => i + 2)];
    await replace(CANDLES, encode(rowsOf(table, swapped)));
    expect(await onlyFinding()).toMatchObject({
      kind: 'order',
      detail: 'row 2 (AAA-USDT 2026-11-21T00:00Z) is not after the row before it',
    });
    await replace(CANDLES, encode(rowsOf(table, swapped.slice(2))));
    expect((await onlyFinding()).kind).toBe('rows');
    await replace(CANDLES, encode(rowsOf(table, [0, ...swapped])));
    expect((await onlyFinding()).kind).toBe('order');
    await replace(CANDLES, encode({ ...table, length: 23 }));
    expect((await onlyFinding()).detail).toBe('it has 23 rows, the store gives 24');
  });

  test('that was derived with other periods', async () => {
    const other = await createTestLake(
      { ...COARSE, periods: { maShort: 2, maLong: 3, atr: 4 } },
      DAY_ONE + 2.5 * DAY,
      encode,
    );
    await other.store.merge([
      { series: series('AAA-USDT'), candles: coarseCandles(0, 28) },
      { series: series('BBB-USDT'), candles: coarseCandles(3, 30, 5) },
    ]);
    await other.derive();
    await replace(BARS, (await other.objects.read(BARS))!);
    const { kind, detail } = await onlyFinding();
    expect(kind).toBe('schema');
    expect(detail).toContain('"atr":4}}, expected {"schemaVersion":1,');
  });

  test('that should not be there, because the day has no rows for it', async () => {
    const quiet = await createTestLake(COARSE, DAY_ONE + DAY, encode);
    await quiet.store.merge([{ series: series('AAA-USDT'), candles: coarseCandles(0, 12) }]);
    await quiet.store.advanceAsOf(DAY_ONE + 2 * DAY);
    await quiet.derive();
    await quiet.objects.put(CANDLES, await bytesOf(CANDLES), null);
    const found = await auditLake(
      { ...ports, ...quiet.ports, listFiles: () => listPaths(quiet.objects) },
      EVERYTHING,
      signal,
    );
    expect(kinds(found)).toEqual([{ path: CANDLES, kind: 'unexpected' }]);
  });

  test('whose bytes something else has changed, though its rows are right', async () => {
    // An encoder that writes other bytes for the same rows stands for the something else.
    const parts = { encode: other };
    expect(findingsOf(await audit(parts))).toEqual([]);
    await replace(BARS, other(await tableOf(BARS)));
    expect(await onlyFinding()).toMatchObject({ path: BARS, kind: 'bytes' });
  });

  test('that is as it was written while the store has changed without a mark', async () => {
    const readDay: AuditPorts['candles']['readDay'] = async (named, day) => {
      const stored = await lake.store.readDay(named, day);
      const candles = stored.candles.map((candle) =>
        candle.openTime === DAY_ONE + DAY && named.symbol === 'AAA-USDT'
          ? { ...candle, volume: '77' }
          : candle,
      );
      return { ...stored, candles };
    };
    const found = await audit({ candles: { ...lake.store, readDay } });
    expect(kinds(found)).toEqual([CANDLES, BARS, OTHER_BARS].map((path) => ({ path, kind: 'store' })));
    expect(findingsOf(found)[0]!.detail).toMatch(
      /^the file is as it was written, but the store has changed: row 1 \(AAA-USDT 2026-11-21T00:00Z\): volume is [\d.]+, the store gives 77$/,
    );
  });
});

describe('the store itself', () => {
  test('is damaged where a checkpoint or the coverage is not what its candles give', async () => {
    const mark = await markDay(DAY_ONE + DAY);
    const state = await lake.store.readCheckpoint(series('AAA-USDT'), 240, DAY_ONE + DAY);
    const objects = (await lake.store.readObjects(0, DAY_ONE + 9 * DAY)).find(({ day }) => day === mark.day);
    const [coverage] = await lake.store.readCoverage(series('BBB-USDT'), DAY_ONE, DAY_ONE + DAY);
    await lake.store.commitDay({
      ...mark,
      checkpoints: [{ series: series('AAA-USDT'), timeframeMinutes: 240, state: { ...state!, atr: 1 } }],
      coverage: [{ series: series('BBB-USDT'), ...coverage!, day: mark.day }],
      objects: objects?.objects ?? [],
    });
    const found = await audit();
    expect(isDamaged(found)).toBe(true);
    expect(found.days[1]!.staleFacts).toEqual([
      'the checkpoint of AAA-USDT 240m is not what its candles give',
      'the coverage of BBB-USDT is not what its candles give',
    ]);
    await markDay(mark.day);
    await lake.derive();
    expect(isDamaged(await audit())).toBe(false);
  });
});

describe('a marked day is pending, and', () => {
  test('other rows, a missing and an unexpected object are no damage', async () => {
    await lake.store.merge([{ series: series('AAA-USDT'), candles: coarseCandles(14, 15, 3).map(later) }]);
    await lake.objects.remove(BARS, await lake.objects.version(BARS));
    const found = await audit();
    expect(found.days.map(({ isPending }) => isPending)).toEqual([false, true, false]);
    expect(findingsOf(found)).toEqual([]);
  });

  test('an object that no derivation writes is damage all the same', async () => {
    await markDay(DAY_ONE + DAY);
    await replace(BARS, Uint8Array.of(1, 2, 3));
    await replace(CANDLES, await bytesOf(OTHER_BARS));
    expect(kinds(await audit())).toEqual([
      { path: CANDLES, kind: 'schema' },
      { path: BARS, kind: 'unreadable' },
    ]);
  });

  test('a day that is changed during the audit is compared again, and never damaged', async () => {
    let changes = 0;
    const objects: AuditPorts['objects'] = {
      version: lake.objects.version,
      async read(path) {
        if (path === CANDLES && changes < 3) {
          changes += 1;
          const bytes = await lake.objects.read(path);
          await lake.store.merge([
            { series: series('AAA-USDT'), candles: coarseCandles(14, 15, changes).map(later) },
          ]);
          await lake.derive();
          return bytes;
        }
        return lake.objects.read(path);
      },
    };
    expect(isDamaged(await audit({ objects }))).toBe(false);
    expect(changes).toBe(3);
  });

  test('a day that changes whenever it is looked at is pending', async () => {
    let shape = 0;
    const objects: AuditPorts['objects'] = {
      version: lake.objects.version,
      async read(path) {
        const bytes = await lake.objects.read(path);
        if (path === CANDLES) {
          shape += 1;
          await lake.store.merge([
            { series: series('AAA-USDT'), candles: coarseCandles(14, 15, shape).map(later) },
          ]);
          await lake.derive();
        }
        return bytes;
      },
    };
    const found = await audit({ objects });
    expect(isDamaged(found)).toBe(false);
    expect(found.days[1]!.isPending).toBe(true);
  });

  test('objects that the next inspection removes are neither strays nor damage', async () => {
    await lake.store.writeSettings({ ...COARSE, timeframes: [240] });
    expect(isDamaged(await audit())).toBe(false);
    await lake.derive();
    expect(isDamaged(await audit())).toBe(false);
    await lake.store.lowerAsOf(DAY_ONE + 1.5 * DAY);
    await lake.derive();
    expect(findingsOf(await audit())).toEqual([]);
  });
});

/** The same rows in other bytes: one byte more, before the footer's length and the magic number. */
const other = (table: LakeTable): Uint8Array => {
  const bytes = encode({ ...table, metadata: { ...table.metadata } });
  const end = bytes.length - 8;
  const footer = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes.subarray(0, end - footer));
  longer.set(bytes.subarray(end - footer), end - footer + 1);
  return longer;
};

function later<T extends { readonly observed: number }>(candle: T): T {
  return { ...candle, observed: candle.observed + DAY };
}

/** The right rows of an object. */
async function tableOf(path: string): Promise<LakeTable> {
  const day = Date.parse(/date=([\d-]+)/.exec(path)![1]!);
  return (await computeDay(ports, COARSE, { day, signal })).tables.get(path)!;
}

async function markDay(day: number): Promise<DirtyDay> {
  await lake.store.markDays(new Set([day]));
  return (await lake.store.dirtyDays()).find((mark) => mark.day === day)!;
}
