import type { HistoryStart, HistoryStartAnswer } from '../candle/candle.ts';
import { ABSENCE_CONFIRM_MS } from './slots.ts';

export const UNKNOWN_HISTORY_START: HistoryStart = { firstAvailable: null, pending: null };

/**
 * The state after one more answer about the beginning of history. Two answers at least 10 minutes apart
 * confirm the start that the first one named. The second may name a later start, because the exchange drops
 * old candles all the time. An answer with an earlier start replaces the one that waits for confirmation.
 * docs/truth.md, "Quiet and unavailable".
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
