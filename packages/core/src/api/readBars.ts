import { buildDaySlots } from '../domain/slots/slots.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import { barsPath, candlesPath } from '../lake/partitions.ts';
import { candleRows } from '../lake/rows.ts';
import { type BarSource, computeDayBars, readDayInput } from './dayFromStore.ts';
import type { ApiPorts } from './ports.ts';
import type { Window } from './query.ts';
import { readRows } from './readRows.ts';
import type { BarRow, BarsAnswer, CandleRow, CandlesAnswer } from './shapes.ts';
import { rowsOfTable, type TableRow } from './tableRows.ts';

export interface PageQuery extends Window {
  readonly limit: number;
  /** Symbols in the lake. */
  readonly symbols: number;
}

/**
 * An object of the lake holds the rows of all symbols: reading those of one takes 0.2 ms for each symbol.
 * Computing a day of one symbol from the store takes about 2 ms however many there are.
 */
const MAX_OBJECT_SYMBOLS = 10;

/**
 * The newest bars of a window: from the lake; those of marked days, of the newest day and the open one from
 * the store. In a lake of many symbols all come from the store.
 */
export async function readBars(ports: ApiPorts, source: BarSource, query: PageQuery): Promise<BarsAnswer> {
  const { record, timeframeMinutes } = source;
  const { rows, next } = await readRows<BarRow>(
    ports,
    {
      record,
      path: (day) => barsPath(timeframeMinutes, day),
      fromLake: (row) => ({ ...(row as unknown as BarRow), is_open: false }),
      fromStore: async (day) => {
        const { closed, open } = await computeDayBars(ports, source, day);
        return open ? [...closed, open] : closed;
      },
      storeFrom: await firstStoreDay(ports, query),
    },
    { ...query, newest: source.closedUntil },
  );
  return { symbol: record.symbol, timeframe: formatTimeframe(timeframeMinutes), bars: rows, next };
}

/** The newest closed candles of a window. */
export async function readCandles(
  ports: ApiPorts,
  { record, closedUntil }: Pick<BarSource, 'record' | 'closedUntil'>,
  query: PageQuery,
): Promise<CandlesAnswer> {
  const { symbol, interval } = record;
  const toCandle = (row: TableRow) => row as unknown as CandleRow;
  const { rows, next } = await readRows<CandleRow>(
    ports,
    {
      record,
      path: (day) => candlesPath(interval, day),
      fromLake: toCandle,
      fromStore: async (day) => {
        const input = await readDayInput(ports, record, { day, asOf: closedUntil });
        return rowsOfTable(candleRows(record, buildDaySlots(input))).map(toCandle);
      },
      storeFrom: await firstStoreDay(ports, query),
    },
    { ...query, newest: closedUntil },
  );
  return { symbol, interval, candles: rows, next };
}

/** The first day that comes from the store. The lake has the newest day only up to the watermark. */
async function firstStoreDay(
  { derivation }: Pick<ApiPorts, 'derivation'>,
  { symbols }: PageQuery,
): Promise<EpochMs> {
  if (symbols > MAX_OBJECT_SYMBOLS) return Number.NEGATIVE_INFINITY;
  return startOfDay((await derivation.readAsOf()) - 1);
}
