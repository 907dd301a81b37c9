import {
  ConfigError,
  DAY_MS,
  type EpochMs,
  type Market,
  nearestNames,
  type SeriesRecord,
  type Settings,
  type SlotRange,
} from '@candlelake/core';
import { checkWholeStoreFile } from '../adapters/sqliteReadOnly.ts';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { hasStore, isStoreLost, openStoreForReading, storeLost, storePath } from '../wire.ts';

/** Opens a store for reading. Throws an error that says what to do where there is none. */
export async function openExistingStore(output: string): Promise<SqliteReader> {
  requireStore(output);
  return openStoreForReading(output)!;
}

/**
 * Opens the store of a command that only reads, after a check of the whole file. Throws StoreDamagedError
 * for a damaged one, else as {@link openExistingStore}.
 */
export async function openCheckedStore(output: string): Promise<SqliteReader> {
  requireStore(output);
  checkWholeStoreFile(storePath(output));
  return openStoreForReading(output)!;
}

function requireStore(output: string): void {
  if (isStoreLost(output)) throw storeLost(output);
  if (!hasStore(output))
    throw new ConfigError(`--output "${output}": no store in it, expected the folder of a stream`);
}

const NEAREST_NAMES = 3;

/** The settings with what the store records, for all its symbols by default. */
export async function readStoreSettings(
  store: SqliteReader,
  readSettings: SettingsReader,
): Promise<Settings> {
  const lake = await store.readSettings();
  const series = (await store.listSeries()).filter(({ interval }) => interval === lake?.interval);
  const market = onlyMarket(series);
  const asked = readSettings(lake, { market });
  const known = series.filter((one) => one.market === asked.market).map(({ symbol }) => symbol);
  if (known.length === 0 && series.length > 0) throw marketMissing(asked.market, market);
  const settings = readSettings(lake, { market, symbols: known });
  const unknown = settings.symbols.find((symbol) => !known.includes(symbol));
  if (unknown === undefined || known.length === 0) return settings;
  const nearest = nearestNames(unknown, known, NEAREST_NAMES).join(', ');
  const many = known.length > NEAREST_NAMES ? `its ${known.length} symbols, such as ` : '';
  throw new ConfigError(`--symbol "${unknown}": not in the store, expected one of ${many}${nearest}`);
}

/** The settings of a command that reads the lake. The default market is the only one of a store, if any. */
export async function readLakeOptions(readSettings: SettingsReader): Promise<Settings> {
  const { output } = readSettings(null);
  const store = openStoreForReading(output);
  try {
    const market = store ? onlyMarket(await store.listSeries()) : undefined;
    const settings = readSettings(null, { market });
    if (market !== undefined && settings.market !== market) throw marketMissing(settings.market, market);
    return settings;
  } finally {
    store?.close();
  }
}

function marketMissing(asked: Market, held: Market | undefined): Error {
  return new ConfigError(`--market "${asked}": not in the store, expected ${held}`);
}

/** The market of all series; undefined when there are none, or two. */
export function onlyMarket(series: readonly Pick<SeriesRecord, 'market'>[]): Market | undefined {
  const markets = new Set(series.map(({ market }) => market));
  return markets.size === 1 ? [...markets][0] : undefined;
}

/** The window of the settings; without limits where none is given. */
export function rangeOf({ from, to }: Settings): SlotRange {
  return { from: from ?? Number.NEGATIVE_INFINITY, to: to ?? Number.POSITIVE_INFINITY };
}

/** Without flags a comparison with the exchange takes as many days, up to the watermark. */
const COMPARED_DAYS = 3;

/** The window of a comparison with the exchange. */
export function comparedRange({ from, to }: Settings, asOf: EpochMs): SlotRange {
  return { from: from ?? asOf - COMPARED_DAYS * DAY_MS, to: Math.min(to ?? asOf, asOf) };
}
