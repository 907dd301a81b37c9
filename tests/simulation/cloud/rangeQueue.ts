import type { BackfillQueue } from '../../../packages/functions/src/jobs/backfillQueue.ts';
import type { BackfillRange } from '../../../packages/functions/src/jobs/backfillRange.ts';
import type { VirtualTime } from '../virtualTime.ts';

/** A FIFO queue of one group: one range is worked on at a time, and comes again unless that succeeds. */
export interface RangeQueue extends BackfillQueue {
  /** The next range; null when none waits or one is being worked on. */
  take(): BackfillRange | null;
  /** Ends the work on the range that was taken. */
  done(isFailed: boolean): void;
}

/** A range whose worker was killed comes again after so long. */
const VISIBILITY_MS = 6 * 60_000;

export function createRangeQueue(time: VirtualTime): RangeQueue {
  const ranges: BackfillRange[] = [];
  let taken: { readonly until: number } | null = null;
  const isWorkedOn = () => taken !== null && time.now() < taken.until;
  return {
    send: async (sent) => void ranges.push(...sent),
    isEmpty: async () => ranges.length === 0,
    take() {
      if (isWorkedOn() || ranges.length === 0) return null;
      taken = { until: time.now() + VISIBILITY_MS };
      return ranges[0]!;
    },
    done(isFailed) {
      if (!isFailed) ranges.shift();
      taken = null;
    },
  };
}
