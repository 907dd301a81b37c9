import type { BarRow, StatusAnswer } from '@candlelake/core';
import type { VisibleRange } from '../model/urlState.ts';

export interface SessionChange {
  /** Only the last bar changed, or one was added after it. */
  readonly onlyLast: boolean;
  /**
   * Set when the bars have nothing to do with those before and the view starts anew: what it shows then, null
   * for the newest bars.
   */
  readonly anew?: { readonly range: VisibleRange | null };
}

export interface SessionListeners {
  /** The bars changed. */
  bars(bars: readonly BarRow[], change: SessionChange): void;
  coverage(): void;
  status(status: StatusAnswer): void;
  /** The server answers, or does not. */
  answered(isAnswered: boolean): void;
}

export interface SessionOptions {
  readonly symbol: string;
  readonly timeframe: string;
  /** What to show first; null for the newest bars. */
  readonly range: VisibleRange | null;
  /** What is on the screen; null while it follows the newest bar. */
  readonly visible: () => VisibleRange | null;
  /** The last known time of the server. */
  readonly serverNow: () => number;
}
