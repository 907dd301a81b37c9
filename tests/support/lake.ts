import {
  type Candle,
  createLakeWriter,
  createMemoryObjects,
  createMemoryStore,
  type DerivedDay,
  type DerivePass,
  type DerivePorts,
  deriveMarkedDays,
  type EncodeTable,
  type EpochMs,
  type LakeSettings,
  type LakeTable,
  type ObjectStore,
  type Series,
} from '@candlelake/core';
import { lakeSettings } from './lakeSettings.ts';
import { swapSeries } from './swapSeries.ts';

/** Friday 2026-11-20. */
export const DAY_ONE = Date.UTC(2026, 10, 20);
export const DAY = 86_400_000;
export const MINUTE = 60_000;

export const SETTINGS = lakeSettings();

/**
 * 2h candles: a day has twelve slots, so tests can try each step of several days. 600m bars of a day have 10,
 * 10 and 4 hours.
 */
export const COARSE: LakeSettings = {
  ...SETTINGS,
  interval: '2h',
  timeframes: [240, 600],
  periods: { maShort: 2, maLong: 3, atr: 3 },
};
export const COARSE_SLOT = 120 * MINUTE;

export function series(symbol: string, interval: Series['interval'] = '2h'): Series {
  return swapSeries(symbol, interval);
}

/**
 * A final candle whose prices and volume follow from `shape`: candles of different shapes have different
 * values.
 */
export function shapedCandle(openTime: EpochMs, shape: number, parts: Partial<Candle> = {}): Candle {
  const price = 100 + (shape % 17) + (shape % 5) / 10;
  return {
    openTime,
    open: text(price),
    high: text(price + 2),
    low: text(price - 3),
    close: text(price + (shape % 4) - 2),
    volume: text((shape % 23) + 0.25),
    status: 'final',
    source: 'history',
    observed: openTime + DAY + shape,
    ...parts,
  };
}

/** The candles of the slots `from` to `to` (exclusive) of the coarse grid, counted from {@link DAY_ONE}. */
export function coarseCandles(from: number, to: number, shape = 0): readonly Candle[] {
  return Array.from({ length: to - from }, (_, i) =>
    shapedCandle(DAY_ONE + (from + i) * COARSE_SLOT, shape + (from + i) * 7),
  );
}

/** Encodes a table as text, one line for each row, so that a failed comparison can be read. */
export const encodeAsText: EncodeTable = ({ name, length, columns, metadata }: LakeTable) => {
  const lines = Array.from({ length }, (_, row) =>
    Object.values(columns)
      .map((column) => ('texts' in column ? column.texts[column.codes[row]!] : column[row]))
      .join(' '),
  );
  return new TextEncoder().encode([name, JSON.stringify(metadata), ...lines].join('\n'));
};

/** One pass over the marked days with a writer of its own. */
export function deriveOnce(
  ports: DerivePorts,
  signal: AbortSignal,
  onDay?: (derived: DerivedDay) => void,
): Promise<DerivePass> {
  const { derivation } = ports;
  return deriveMarkedDays({ derivation, writer: createLakeWriter(ports), ...(onDay && { onDay }) }, signal);
}

type MemoryStore = ReturnType<typeof createMemoryStore>;

/** A memory store with settings and watermark, a memory lake, and the ports to derive the lake. */
export interface TestLake {
  readonly store: MemoryStore;
  readonly objects: ObjectStore;
  readonly ports: DerivePorts;
  /** Derives until no day is marked. */
  derive(): Promise<void>;
  /** The text of every object by its path. */
  read(): Promise<Readonly<Record<string, string>>>;
}

export async function createTestLake(
  settings: LakeSettings = COARSE,
  asOf = DAY_ONE,
  encode: EncodeTable = encodeAsText,
): Promise<TestLake> {
  const store = createMemoryStore({ now: () => DAY_ONE });
  await store.writeSettings(settings);
  await store.advanceAsOf(asOf);
  const objects = createMemoryObjects();
  const ports = {
    candles: store,
    derivation: store,
    objects,
    encode,
    yieldToHost: async () => {},
  };
  return {
    store,
    objects,
    ports,
    async derive() {
      while ((await deriveOnce(ports, new AbortController().signal)).days > 0);
    },
    read: () => readTexts(objects),
  };
}

/** The paths of all objects, sorted. */
export async function listPaths(objects: ObjectStore): Promise<readonly string[]> {
  return (await objects.list()).map(({ path }) => path);
}

export async function readTexts(objects: ObjectStore): Promise<Readonly<Record<string, string>>> {
  const texts: Record<string, string> = {};
  for (const path of await listPaths(objects)) {
    texts[path] = new TextDecoder().decode((await objects.read(path))!);
  }
  return texts;
}

function text(value: number): string {
  return String(Number(value.toFixed(2)));
}
