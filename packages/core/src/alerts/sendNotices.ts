import type { CrossoverNotice, Outbox } from '../ports.ts';

/** Sends one notice. Throws when the other side has not taken it. */
export type SendNotice = (notice: CrossoverNotice) => Promise<void>;

const BATCH = 100;

/**
 * Sends everything that waits, in order, and removes each notice after it was sent: a crash in between sends
 * it again. Stops at the first failure and throws it; the rest waits. Returns how many were sent.
 */
export async function sendNotices(outbox: Outbox, send: SendNotice): Promise<number> {
  let sent = 0;
  for (;;) {
    const waiting = await outbox.waiting(BATCH);
    if (waiting.length === 0) return sent;
    for (const notice of waiting) {
      await send(notice);
      await outbox.remove(notice);
      sent += 1;
    }
  }
}
