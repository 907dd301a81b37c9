import type { Book } from './books.ts';
import type { BookValues } from './drawSlot.ts';
import type { Exchange } from './exchange.ts';

/** The exchange answers with at most so many rows, the newest. Source: docs/bingx.md, "REST candles". */
const MAX_ROWS = 1000;
const MINUTE = 60_000;
/** History of a replica that lacks the older part begins so long before the present. */
const SHORT_HISTORY_MS = 6 * 60 * MINUTE;
/** How far a replica is behind. */
const OLDEST_VIEW_MS = 60 * MINUTE;

type Row = BookValues & { readonly time: number };

/** `data` of an answer about the slots from `from` to `to`, newest first, as one replica shows it. */
export function klineRows(
  exchange: Exchange,
  book: Book,
  { from, to }: { readonly from: number; readonly to: number },
): unknown {
  const { faults, intervalMs, time, random } = exchange;
  const now = time.now();
  const oldest = Math.max(from + (faults.hit('start-exclusive') ? 1 : 0), book.retentionStart);
  const newest = Math.floor((Math.min(to, now + 1) - 1) / intervalMs) * intervalMs;
  const rows: Row[] = [];
  for (let openTime = newest; openTime >= oldest && rows.length < MAX_ROWS; openTime -= intervalMs) {
    const values = shownValues(exchange, book, openTime);
    if (values) rows.push({ ...values, time: openTime });
  }
  const shown = withUnreadable(exchange, withoutNewest(exchange, rows));
  if (faults.hit('rows-repeated')) shown.push(...shown.slice(0, Math.floor(random() * 3)));
  if (faults.hit('rows-ascending')) shown.reverse();
  const data = faults.hit('rows-as-arrays') ? shown.map(asArray) : shown;
  return data.length === 1 && random() < 0.2 ? data[0] : data;
}

/** What this replica shows of a slot. */
function shownValues({ faults, time, intervalMs }: Exchange, book: Book, openTime: number) {
  const now = time.now();
  if (openTime < now - SHORT_HISTORY_MS && faults.hit('replica-short')) return null;
  const holes = faults.at('replica-holes', now);
  if (holes && scatter(openTime / intervalMs, holes.draw) < 0.05) {
    faults.noteEffect(holes);
    return null;
  }
  const old = faults.hit('replica-old-values', { share: 0.5 });
  if (!old) return book.row(openTime, now);
  const view = now - old.draw * OLDEST_VIEW_MS;
  return book.row(openTime, Math.max(view, Math.min(now, openTime + intervalMs)));
}

/** Replicas disagree about the newest rows. */
function withoutNewest({ faults }: Exchange, rows: readonly Row[]): readonly Row[] {
  const flipped = faults.hit('newest-flips', { share: 0.5 }) ? 1 : 0;
  const late = faults.hit('replica-late');
  return rows.slice(flipped + (late ? 1 + Math.floor(late.draw * 10) : 0));
}

/** Rows that cannot be read: for the whole fault the same ones. */
function withUnreadable(exchange: Exchange, rows: readonly Row[]): unknown[] {
  const { faults, time, intervalMs, random } = exchange;
  const unreadable = faults.at('rows-unreadable', time.now());
  if (!unreadable) return [...rows];
  return rows.map((row) => {
    if (scatter(row.time / intervalMs, unreadable.draw) >= 0.03) return row;
    faults.noteEffect(unreadable);
    const spoilt = [
      { ...row, low: '0' },
      { ...row, close: '-1' },
      { ...row, high: 'NaN' },
      { ...row, high: row.low, low: String(Number(row.high) + 1) },
      { ...row, time: row.time + 1000 },
      { ...row, volume: null },
    ];
    return spoilt[Math.floor(random() * spoilt.length)]!;
  });
}

/** One page documents rows as arrays. */
function asArray(row: unknown): unknown {
  const { time, open, high, low, close, volume } = row as Row;
  return [time, open, high, low, close, volume, time + 1, '0', 0, '0', '0'];
}

/** A number in [0, 1) that slot and draw decide. */
function scatter(slot: number, draw: number): number {
  const mixed = Math.imul(Math.floor(slot) ^ Math.floor(draw * 0x7fffffff), 0x9e3779b1);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
}
