import type { EpochMs } from './time.ts';

/** What is known of the slots of one series and day, of those that close by `as_of` and are expected. */
export interface Coverage {
  readonly expected: number;
  readonly final: number;
  readonly provisional: number;
  readonly quiet: number;
  readonly unavailable: number;
  readonly missing: number;
  /** Open time of the first missing slot. */
  readonly firstMissing: EpochMs | null;
}
