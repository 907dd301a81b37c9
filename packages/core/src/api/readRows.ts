import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { BadDataError } from '../errors.ts';
import type { SeriesRecord } from '../ports.ts';
import type { ApiPorts } from './ports.ts';
import type { Window } from './query.ts';
import { rowsOfSeries, type TableRow } from './tableRows.ts';

/** Where the rows of one series come from: objects of the lake, and the store for what they do not have. */
export interface RowSource<Row> {
  readonly record: SeriesRecord;
  /** The path of a day's object. */
  readonly path: (day: EpochMs) => string;
  /** A row of an object. */
  readonly fromLake: (row: TableRow) => Row;
  /** The rows of a day whose object is missing or may be stale. */
  readonly fromStore: (day: EpochMs) => Promise<readonly Row[]>;
  /** The rows of this day and later ones come from the store. */
  readonly storeFrom: EpochMs;
}

export interface RowPage<Row> {
  /** Oldest first. */
  readonly rows: readonly Row[];
  /** The open time of the first row when there are older ones in the window; null otherwise. */
  readonly next: EpochMs | null;
}

/** The newest `limit` rows of a window, read day by day from its end. */
export async function readRows<Row extends { readonly open_time: EpochMs }>(
  ports: Pick<ApiPorts, 'derivation' | 'objects' | 'decode'>,
  source: RowSource<Row>,
  { from, to, limit, newest }: Window & { readonly limit: number; readonly newest: EpochMs },
): Promise<RowPage<Row>> {
  const { firstSlot } = source.record;
  if (firstSlot === null) return { rows: [], next: null };
  const first = startOfDay(Math.max(firstSlot, from ?? firstSlot));
  const rowsOfDay = createDayReader(ports, source);
  const days: (readonly Row[])[] = [];
  let count = 0;
  for (let day = startOfDay(Math.min(newest, (to ?? newest + 1) - 1)); day >= first; day -= DAY_MS) {
    const rows = (await rowsOfDay(day)).filter(
      ({ open_time }) => open_time >= (from ?? 0) && (to === null || open_time < to),
    );
    days.push(rows);
    count += rows.length;
    if (count > limit) break;
  }
  const rows = days.reverse().flat();
  const kept = rows.slice(-limit);
  return { rows: kept, next: rows.length > limit ? kept[0]!.open_time : null };
}

/** Days whose recorded objects are looked up together. */
const BATCH_DAYS = 32;

/** Reads the rows of days that are asked for in descending order. */
function createDayReader<Row>(
  ports: Pick<ApiPorts, 'derivation' | 'objects' | 'decode'>,
  { record, path, fromLake, fromStore, storeFrom }: RowSource<Row>,
): (day: EpochMs) => Promise<readonly Row[]> {
  let recorded = new Map<EpochMs, ReadonlySet<string>>();
  let lookedUpTo = Number.POSITIVE_INFINITY;
  return async (day) => {
    if (day >= storeFrom) return fromStore(day);
    if (day < lookedUpTo) {
      lookedUpTo = day - (BATCH_DAYS - 1) * DAY_MS;
      const days = await ports.derivation.readObjects(lookedUpTo, day + DAY_MS);
      recorded = new Map(days.map((one) => [one.day, new Set(one.objects.map((object) => object.path))]));
    }
    const paths = recorded.get(day);
    if (paths === undefined) return fromStore(day);
    if (!paths.has(path(day))) return [];
    const rows = await readObject(ports, path(day), record);
    return rows === null ? fromStore(day) : rows.map(fromLake);
  };
}

/** The rows of a series in an object; null when it is gone or damaged, which the next inspection mends. */
async function readObject(
  { objects, decode }: Pick<ApiPorts, 'objects' | 'decode'>,
  path: string,
  series: SeriesRecord,
): Promise<readonly TableRow[] | null> {
  const bytes = await objects.read(path);
  if (bytes === null) return null;
  try {
    return rowsOfSeries(await decode(bytes), series);
  } catch (error) {
    if (error instanceof BadDataError) return null;
    throw error;
  }
}
