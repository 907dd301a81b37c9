import type { BackfillRange } from './backfillRange.ts';

/** The queue of ranges: delivers them in order, one at a time. */
export interface BackfillQueue {
  /** Adds ranges at the end. A range that was added within five minutes before is not added again. */
  send(ranges: readonly BackfillRange[]): Promise<void>;
  /** Whether no range waits or is being worked on. */
  isEmpty(): Promise<boolean>;
}
