import type { Absence, Candle } from '@candlelake/core';
import type { Book } from '../exchange/books.ts';
import type { BookSlot, BookValues } from '../exchange/drawSlot.ts';
import type { Problem } from './compareLakes.ts';

const DAY = 86_400_000;
/** Two looks so far apart make a slot quiet. Source: docs/truth.md, "Quiet and unavailable". */
const CONFIRMED_MS = 600_000;

/** What the store holds of one symbol in the end. */
export interface StoredSymbol {
  readonly candles: ReadonlyMap<number, Candle>;
  readonly absences: ReadonlyMap<number, Absence>;
  readonly firstAvailable: number | null;
}

/** What is true of one symbol once everything is settled. */
export interface SymbolTruth {
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
  readonly launchTime: number;
  readonly firstAvailable: number | null;
  /** What the store holds and the exchange never showed. */
  readonly problems: readonly Problem[];
}

export interface TruthOptions {
  readonly intervalMs: number;
  /** Start of the first UTC day of the window. */
  readonly from: number;
  /** Slots that close by then are in the lake. */
  readonly asOf: number;
}

/**
 * The books decide: a final candle of history for each slot of which the exchange has a row, a confirmed
 * absence for each that it lacks. Where they cannot, the store may hold what was shown: the last update that
 * was seen of a slot without a row, and any part of a symbol that was delisted.
 */
export function truthOf(options: TruthOptions, book: Book, stored: StoredSymbol): SymbolTruth {
  const { intervalMs, from, asOf } = options;
  // The candle of the launch opens before it.
  const launchSlot = Math.floor(book.launchTime / intervalMs) * intervalMs;
  const begin = Math.max(from, launchSlot);
  const candles: Candle[] = [];
  const absences: Absence[] = [];
  const problems: Problem[] = [];
  for (let openTime = begin; openTime + intervalMs <= asOf; openTime += intervalMs) {
    const { candle, absence } = factsOf(book, stored, { openTime, asOf });
    if (candle) candles.push(candle);
    if (absence) absences.push(absence);
    if (!candle || isShown(book.slot(openTime), candle)) continue;
    const detail = `${book.symbol} ${new Date(openTime).toISOString()} ${JSON.stringify(candle)}`;
    problems.push({ kind: 'invented', detail });
  }
  const firstAvailable = book.delistedAt === null ? startOf(book, options) : stored.firstAvailable;
  const isAvailable = ({ openTime }: Absence) => openTime > (firstAvailable ?? 0);
  const known = book.delistedAt === null ? absences.filter(isAvailable) : absences;
  return { candles, absences: known, launchTime: launchSlot, firstAvailable, problems };
}

interface Facts {
  readonly candle: Candle | null;
  readonly absence: Absence | null;
}

function factsOf(
  book: Book,
  { candles, absences }: StoredSymbol,
  { openTime, asOf }: { readonly openTime: number; readonly asOf: number },
): Facts {
  const candle = candles.get(openTime) ?? null;
  if (book.delistedAt !== null) return { candle, absence: absences.get(openTime) ?? null };
  const absence = { openTime, firstRead: asOf - DAY, lastRead: asOf };
  if (openTime < book.retentionStart) return { candle: null, absence };
  const values = book.finalValues(openTime);
  const kind = { status: 'final', source: 'history', observed: asOf } as const;
  if (values) return { candle: { openTime, ...trimmed(values), ...kind }, absence: null };
  const isStreamed = book.slot(openTime)?.updates.length !== 0;
  return { candle: isStreamed ? candle : null, absence };
}

/**
 * Where history begins, if inside the window: slots before it are unavailable. It begins with a row, so that slots
 * without one between the launch, or the end of what is kept, and that row lie before it.
 */
function startOf(book: Book, { intervalMs, from, asOf }: TruthOptions): number | null {
  const floor = (time: number) => Math.floor(time / intervalMs) * intervalMs;
  const begin = Math.max(floor(book.launchTime), book.retentionStart);
  if (begin < from) return null;
  const last = floor(asOf) - intervalMs;
  for (let openTime = floor(begin + intervalMs - 1); openTime <= last; openTime += intervalMs) {
    if (book.finalValues(openTime) !== null) return openTime;
  }
  return null;
}

/** Whether the exchange has shown a candle with these values, one of history after its close. */
export function isShown(slot: BookSlot | null, candle: Candle): boolean {
  const views = candle.source === 'stream' ? slot?.updates : slot?.rows.map(({ values }) => values);
  return (views ?? []).some((view) => isView(view, candle));
}

/** Whether a candle has the values that the exchange has shown. */
export function isView(view: BookValues, { open, close, volume }: Candle): boolean {
  return (
    Number(view.open) === Number(open) &&
    Number(view.close) === Number(close) &&
    Number(view.volume) === Number(volume)
  );
}

/** Decimal texts as the store keeps them: without zeros behind the last digit. */
function trimmed(
  values: BookValues,
): BookValues & Pick<Candle, 'open' | 'high' | 'low' | 'close' | 'volume'> {
  const texts = Object.entries(values).map(([name, text]) => [name, String(Number(text))]);
  return Object.fromEntries(texts);
}

/** Whether a slot is quiet by its absence. */
export function isConfirmed({ firstRead, lastRead }: Absence): boolean {
  return lastRead - firstRead >= CONFIRMED_MS;
}
