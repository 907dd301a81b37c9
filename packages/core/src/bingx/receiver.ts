import { type Interval, intervalMs } from '../domain/time/interval.ts';
import type { Inflate, MarketStreamEvent, SyncedExchangeClock } from '../ports.ts';
import type { Refuse } from './badRecords.ts';
import { frameText } from './frame.ts';
import { parseMessage } from './messages.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface ReceiverOptions {
  readonly inflate: Inflate;
  readonly exchangeClock: SyncedExchangeClock;
  readonly refuse: Refuse;
  readonly emit: (event: MarketStreamEvent) => void;
  readonly interval: Interval;
  readonly connection: number;
  readonly subscriptions: Pick<Subscriptions, 'topics' | 'answered' | 'accepts'>;
  readonly send: (text: string) => void;
}

/**
 * Handles the frames of one connection: answers pings and emits updates and heartbeats. Returns whether the
 * frame was readable, which shows that the connection is alive. Throws only what `send` throws; bad content
 * is refused.
 */
export function createReceiver(options: ReceiverOptions): (data: Uint8Array | string) => boolean {
  const { inflate, exchangeClock, refuse, emit, connection, subscriptions, send } = options;
  const checks = { intervalMs: intervalMs(options.interval), refuse, topics: subscriptions.topics };
  return (data) => {
    const text = readText(data, inflate, refuse);
    if (text === null) return false;
    const receivedAt = exchangeClock.now();
    const now = exchangeClock.isSynced() ? receivedAt : null;
    const message = parseMessage(text, { ...checks, now });
    if (message.kind === 'unreadable') return false;
    if (message.kind === 'ping') send(message.reply);
    if (message.kind === 'answer') subscriptions.answered(message);
    let updates = 0;
    for (const update of message.kind === 'updates' ? message.updates : []) {
      if (!subscriptions.accepts(update.symbol)) continue;
      exchangeClock.shown(update.openTime);
      emit({ kind: 'update', connection, receivedAt, update });
      updates++;
    }
    if (updates === 0) emit({ kind: 'heartbeat', connection, receivedAt });
    return true;
  };
}

function readText(data: Uint8Array | string, inflate: Inflate, refuse: Refuse): string | null {
  try {
    return frameText(data, inflate);
  } catch (error) {
    refuse('unreadable frame', error instanceof Error ? error.message : String(error));
    return null;
  }
}
