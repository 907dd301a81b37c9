import type { HistoryStart, HistoryStartAnswer } from '../candle/candle.ts';
import { ABSENCE_CONFIRM_MS } from './slots.ts';

export const UNKNOWN_HISTORY_START: HistoryStart = { firstAvailable: null, pending: null };

/**
 * What is known of the beginning of history after one more answer. Two answers at least 10 minutes apart confirm the earlier one; the later
 * may name a later start, because what the exchange keeps slides forward. An answer that names an earlier start begins anew.
 */
export function nextHistoryStart(current: HistoryStart, answer: HistoryStartAnswer): HistoryStart {
  const { firstAvailable, pending } = current;
  if (pending === null) {
    return answer.firstAvailable === firstAvailable ? current : { firstAvailable, pending: answer };
  }
  if (answer.firstAvailable < pending.firstAvailable) return { firstAvailable, pending: answer };
  if (answer.read - pending.read < ABSENCE_CONFIRM_MS) return current;
  return { firstAvailable: pending.firstAvailable, pending: null };
}
