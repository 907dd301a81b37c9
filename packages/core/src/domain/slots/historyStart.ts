import type { HistoryStart, HistoryStartAnswer } from '../candle/candle.ts';
import type { EpochMs } from '../time/time.ts';
import { ABSENCE_CONFIRM_MS } from './slots.ts';

export const UNKNOWN_HISTORY_START: HistoryStart = { firstAvailable: null, reads: null, pending: null };

/**
 * The state after one more answer about the beginning of history. Two answers at least 10 minutes apart
 * confirm the start that the first one named. The second may name a later start, because the exchange drops
 * old candles all the time. An answer with an earlier start disproves what is believed, and waits for
 * confirmation itself. docs/truth.md, "Quiet and unavailable".
 */
export function nextHistoryStart(current: HistoryStart, answer: HistoryStartAnswer): HistoryStart {
  const { pending } = current;
  if (current.firstAvailable !== null && answer.firstAvailable < current.firstAvailable) {
    return { ...UNKNOWN_HISTORY_START, pending: answer };
  }
  const known = withRead(current, answer);
  if (pending === null) {
    return answer.firstAvailable === known.firstAvailable ? known : { ...known, pending: answer };
  }
  if (answer.firstAvailable < pending.firstAvailable) return { ...known, pending: answer };
  if (answer.read - pending.read < ABSENCE_CONFIRM_MS) return known;
  const reads = { firstRead: pending.read, lastRead: answer.read };
  return { firstAvailable: pending.firstAvailable, reads, pending: null };
}

/** A confirmed start after an answer that shows nothing before it either. */
function withRead(current: HistoryStart, { read }: HistoryStartAnswer): HistoryStart {
  const { firstAvailable, reads } = current;
  if (firstAvailable === null) return current;
  if (reads !== null && reads.firstRead <= read && read <= reads.lastRead) return current;
  const firstRead = Math.min(reads?.firstRead ?? read, read);
  return { ...current, reads: { firstRead, lastRead: Math.max(reads?.lastRead ?? read, read) } };
}

/** A row of history: when it was read, readable or not. */
export interface SeenRow {
  readonly openTime: EpochMs;
  readonly read: EpochMs;
}

/**
 * The state after history showed rows: one before a start that was read earlier disproves it. What it hid is
 * asked for again.
 */
export function historyStartAfterRows(current: HistoryStart, rows: Iterable<SeenRow>): HistoryStart {
  let { firstAvailable, reads, pending } = current;
  if (firstAvailable === null && pending === null) return current;
  for (const { openTime, read } of rows) {
    if (pending && openTime < pending.firstAvailable && read > pending.read) pending = null;
    const isBefore = firstAvailable !== null && openTime < firstAvailable;
    if (isBefore && read > (reads?.lastRead ?? 0)) [firstAvailable, reads] = [null, null];
  }
  const isSame = firstAvailable === current.firstAvailable && pending === current.pending;
  return isSame ? current : { firstAvailable, reads, pending };
}
