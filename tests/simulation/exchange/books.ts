import { type BookSlot, type BookValues, createDraw, type DrawOptions } from './drawSlot.ts';

/** One symbol's truth. Slots outside [launch, delisting) do not exist. */
export interface Book {
  readonly symbol: string;
  readonly launchTime: number;
  /** History shows nothing below this. */
  readonly retentionStart: number;
  /** Null while it is listed for ever. */
  readonly delistedAt: number | null;
  slot(openTime: number): BookSlot | null;
  /** What history shows of a slot at an instant, closed or open; null without a row. */
  row(openTime: number, at: number): BookValues | null;
  /** What history will stand by in the end; null without a row. */
  finalValues(openTime: number): BookValues | null;
}

export interface BookOptions extends DrawOptions {
  readonly symbol: string;
  readonly from: number;
  readonly to: number;
  readonly launchTime: number;
  readonly retentionStart: number;
  readonly delistedAt: number | null;
}

/** A symbol's truth as a random walk of whole ticks, so that no price depends on floating point. */
export function createBook(options: BookOptions): Book {
  const { symbol, intervalMs, launchTime, retentionStart, delistedAt } = options;
  const floor = (time: number) => Math.floor(time / intervalMs) * intervalMs;
  const first = floor(options.from);
  // The candle of the launch opens before it.
  const firstTraded = floor(launchTime);
  const slots: BookSlot[] = [];
  const draw = createDraw(options);
  for (let openTime = first; openTime < options.to; openTime += intervalMs) slots.push(draw(openTime));

  function find(openTime: number): BookSlot | null {
    if (openTime < firstTraded || (delistedAt !== null && openTime >= delistedAt)) return null;
    return slots[(openTime - first) / intervalMs] ?? null;
  }

  function row(openTime: number, at: number): BookValues | null {
    const slot = find(openTime);
    if (slot === null || slot.rows.length === 0 || at < openTime) return null;
    if (at < openTime + intervalMs) return openRow(slot, at - openTime, intervalMs);
    return (slot.rows.findLast(({ from }) => from <= at) ?? slot.rows[0])!.values;
  }

  return {
    symbol,
    launchTime,
    retentionStart,
    delistedAt,
    slot: find,
    row,
    finalValues: (openTime) => row(openTime, Number.POSITIVE_INFINITY),
  };
}

/** The row of a candle that opened `openMs` ago; null before its first trade. */
function openRow({ updates, firstShownMs }: BookSlot, openMs: number, intervalMs: number): BookValues | null {
  if (openMs < firstShownMs) return null;
  const share = (openMs - firstShownMs) / (intervalMs - firstShownMs);
  return updates[Math.floor(share * updates.length)] ?? null;
}
