import type { CrossoverNotice, FoundCrossover } from '../domain/bars/notices.ts';

export type { CrossoverNotice, FoundCrossover };

/** The notices of crossovers that a store keeps. Those of a day are written with its commit. */
export interface NoticeStore {
  /** The last notice of each of the newest crossovers, those of the newest bar first. */
  recentNotices(limit: number): Promise<readonly CrossoverNotice[]>;
  /** What waits for a sink: the notices that were written since it was opened for the first time. */
  openOutbox(sink: string): Promise<Outbox>;
}

/** The notices that wait for one sink. They survive a restart. */
export interface Outbox {
  /** The first `limit` that wait; those of one id are in the order of their sequence. */
  waiting(limit: number): Promise<readonly CrossoverNotice[]>;
  /** How many wait. */
  count(): Promise<number>;
  /** Removes the first one that waits, after it was sent. A crash before it sends the notice again. */
  remove(notice: CrossoverNotice): Promise<void>;
}
