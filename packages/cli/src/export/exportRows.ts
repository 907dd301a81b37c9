import {
  BadDataError,
  buildDaySlots,
  DAY_MS,
  type EpochMs,
  intervalMs,
  type Market,
  type ObjectStore,
  type SlotRange,
  SlotState,
} from '@candlelake/core';
import { decodeParquet } from '../adapters/parquetFile.ts';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import type { ExportTable } from './exportTable.ts';

/** The value of a column: a number, a text, or null for none. */
export type ExportValue = string | number | null;

/** One bar or candle. */
export interface ExportRow {
  readonly openTime: EpochMs;
  /** In the order of the table's columns. */
  readonly values: readonly ExportValue[];
  /** Whether nothing traded, and the row was made from the close before it. */
  readonly isFilled: boolean;
  /** The status of the candle or bar in the lake. */
  readonly status: string;
}

export interface ExportRequest extends SlotRange {
  readonly table: ExportTable;
  readonly market: Market;
  readonly symbol: string;
}

/**
 * The rows of a symbol in the lake, ascending, read day by day. With a store, quiet slots are filled from the
 * close before them, as far back as the start of the day before the window; a slot that is missing or no
 * longer available ends the filling until the next candle.
 */
export async function* exportRows(
  objects: Pick<ObjectStore, 'read'>,
  { from, to, ...of }: ExportRequest,
  store: SqliteReader | null,
): AsyncGenerator<ExportRow> {
  const lookBackMs = store === null ? DAY_MS : 2 * DAY_MS;
  const { table } = of;
  let close: number | null = null;
  for (const day of table.days) {
    if (day <= from - lookBackMs || day >= to) continue;
    let rows = await readDay(objects, { ...of, day });
    if (store !== null) {
      const quiet = await quietTimes(store, { ...of, day });
      [rows, close] = fillQuiet(rows, { table, openTimes: table.openTimes(day), quiet, close });
    }
    for (const row of rows) if (row.openTime >= from && row.openTime < to) yield row;
  }
}

interface DayOfTable {
  readonly table: ExportTable;
  readonly market: Market;
  readonly symbol: string;
  readonly day: EpochMs;
}

async function readDay(
  objects: Pick<ObjectStore, 'read'>,
  { table, market, symbol, day }: DayOfTable,
): Promise<readonly ExportRow[]> {
  const path = table.pathOf(day);
  const bytes = await objects.read(path);
  if (!bytes) return [];
  const { columns, length } = await decodeParquet(bytes).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BadDataError(`object "${path}": ${reason}; candlelake repair writes it again`, { cause });
  });
  const rows: ExportRow[] = [];
  for (let row = 0; row < length; row++) {
    if (columns.symbol![row] !== symbol || columns.market![row] !== market) continue;
    rows.push({
      openTime: Number(columns.open_time![row]),
      values: table.columns.map(({ name }) => columns[name]![row]!),
      isFilled: false,
      status: String(columns.status![row]),
    });
  }
  return rows;
}

/** When the bars or candles of a day open all of whose slots are quiet. */
async function quietTimes(
  store: SqliteReader,
  { table, market, symbol, day }: DayOfTable,
): Promise<ReadonlySet<EpochMs>> {
  const { interval } = table;
  const series = { market, symbol, interval };
  const record = await store.findSeries(series);
  const { state, length } = buildDaySlots({
    ...{ interval, day },
    stored: await store.readDay(series, day),
    launchTime: record?.launchTime ?? null,
    firstAvailable: record?.historyStart.firstAvailable ?? null,
    asOf: await store.readAsOf(),
  });
  const openTimes = table.openTimes(day);
  const slotOf = (time: EpochMs) => (time - day) / intervalMs(interval);
  return new Set(
    openTimes.filter((time, index) => {
      const end = index + 1 < openTimes.length ? slotOf(openTimes[index + 1]!) : length;
      return state.subarray(slotOf(time), end).every((one) => one === SlotState.quiet);
    }),
  );
}

interface FillOptions {
  readonly table: ExportTable;
  /** The grid of the day. */
  readonly openTimes: readonly EpochMs[];
  readonly quiet: ReadonlySet<EpochMs>;
  /** The close before the day; null when it is not known. */
  readonly close: number | null;
}

/** The rows of a day with flat ones where nothing traded, and the close at its end. */
export function fillQuiet(
  rows: readonly ExportRow[],
  { table, openTimes, quiet, close: before }: FillOptions,
): [rows: readonly ExportRow[], close: number | null] {
  const found = new Map(rows.map((row) => [row.openTime, row]));
  const closeColumn = table.columns.findIndex(({ name }) => name === 'close');
  const slotMs = intervalMs(table.interval);
  const all: ExportRow[] = [];
  let close = before;
  for (const [index, openTime] of openTimes.entries()) {
    const row = found.get(openTime);
    if (row) {
      all.push(row);
      close = Number(row.values[closeColumn]);
    } else if (quiet.has(openTime) && close !== null) {
      const end = openTimes[index + 1] ?? openTimes[0]! + DAY_MS;
      all.push(flatRow(table, { openTime, close, slots: (end - openTime) / slotMs }));
    } else close = null;
  }
  return [all, close];
}

interface FlatRow {
  readonly openTime: EpochMs;
  readonly close: number;
  /** The number of slots of a bar. */
  readonly slots: number;
}

function flatRow({ columns }: ExportTable, { openTime, close, slots }: FlatRow): ExportRow {
  const values: Readonly<Record<string, ExportValue>> = {
    ...{ open: close, high: close, low: close, close, volume: 0 },
    ...{ candle_count: 0, expected_count: slots, status: 'quiet' },
  };
  const status = 'quiet';
  return { openTime, status, isFilled: true, values: columns.map(({ name }) => values[name] ?? null) };
}
