import type { EpochMs } from '@candlelake/core';
import type { BackfillQueue } from '../../packages/functions/src/jobs/backfillQueue.ts';
import type { BackfillRange } from '../../packages/functions/src/jobs/backfillRange.ts';
import type { QueueMessage } from '../../packages/functions/src/jobs/workBackfill.ts';
import { BACKFILL_QUEUE } from '../../packages/functions/src/names.ts';

interface Stored {
  readonly id: string;
  readonly body: string;
  receives: number;
  hiddenUntil: EpochMs;
}

const DEDUPLICATION_MS = 5 * 60_000;

/**
 * A FIFO queue of SQS with one message group and a dead-letter queue: a message that is being worked on, or
 * that failed, hides the group until its visibility timeout is over. Source: SQS developer guide, "Amazon SQS
 * FIFO queues".
 */
export class FifoQueue implements BackfillQueue {
  readonly #now: () => EpochMs;
  readonly #sentAt = new Map<string, EpochMs>();
  #messages: Stored[] = [];
  #count = 0;
  readonly dead: string[] = [];

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  get ranges(): readonly BackfillRange[] {
    return this.#messages.map(({ body }) => JSON.parse(body));
  }

  async send(ranges: readonly BackfillRange[]): Promise<void> {
    for (const body of ranges.map((range) => JSON.stringify(range))) {
      const known = this.#sentAt.get(body);
      if (known !== undefined && this.#now() < known + DEDUPLICATION_MS) continue;
      this.#sentAt.set(body, this.#now());
      this.put(body);
    }
  }

  /** Adds a message that no planner wrote. */
  put(body: string): void {
    this.#count += 1;
    this.#messages.push({ id: `m${this.#count}`, body, receives: 0, hiddenUntil: 0 });
  }

  async isEmpty(): Promise<boolean> {
    return this.#messages.length === 0;
  }

  /**
   * Delivers the first message, null while the group is hidden or empty. Deletes it unless `work` returns its
   * id.
   */
  async deliver(
    work: (messages: readonly QueueMessage[]) => Promise<readonly string[]>,
  ): Promise<QueueMessage | null> {
    const head = this.#messages[0];
    if (head === undefined || this.#now() < head.hiddenUntil) return null;
    if (head.receives >= BACKFILL_QUEUE.maxReceives) {
      this.dead.push(head.body);
      this.#messages = this.#messages.slice(1);
      return this.deliver(work);
    }
    head.receives += 1;
    head.hiddenUntil = this.#now() + BACKFILL_QUEUE.visibilityTimeoutSeconds * 1000;
    const message = { id: head.id, body: head.body, receives: head.receives };
    const failed = await work([message]);
    if (!failed.includes(head.id)) this.#messages = this.#messages.filter((one) => one !== head);
    return message;
  }
}
