import type { Interval } from '../../domain/time/interval.ts';
import type { EpochMs } from '../../domain/time/time.ts';
import type { CrossoverNotice } from '../../ports.ts';
import type { CandleRow, LiveEvents } from '../shapes.ts';

/** The data of the event `candle`: a closed candle that history has confirmed, or has corrected since. */
export interface StreamCandle extends CandleRow {
  readonly symbol: string;
  readonly interval: Interval;
}

/** The data of the events `gap` and `repaired`: the slots that open in [from, to). */
export interface StreamSlots {
  readonly symbol: string;
  readonly interval: Interval;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * The events of the library by name, with their data: those of `/api/live`, and what a program gets beside
 * them. A live stream and a replay give the same ones.
 */
export interface StreamEvents extends LiveEvents {
  readonly candle: StreamCandle;
  /** A crossover at a complete, live bar, or its retraction. At least once: a repeat has the same id. */
  readonly crossover: CrossoverNotice;
  /** Slots are missing: a later slot of the same UTC day has closed. */
  readonly gap: StreamSlots;
  /** Slots of a `gap` are missing no longer. */
  readonly repaired: StreamSlots;
}

/** An event of the library. Its `name` says which data it has. */
export type StreamEvent = {
  readonly [N in keyof StreamEvents]: { readonly name: N; readonly data: StreamEvents[N] };
}[keyof StreamEvents];

/**
 * An event of a replay: the one that the live stream sends when everything it shows is confirmed at once.
 * Crossovers are those at all complete bars.
 */
export type ReplayEvent = Extract<StreamEvent, { readonly name: 'candle' | 'bar' | 'crossover' }> & {
  /** The end of the newest slot that had closed: nothing of later slots is in the event. */
  readonly time: EpochMs;
};
