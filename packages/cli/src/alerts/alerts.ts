import {
  AlertSender,
  type AlertSink,
  type AlertStatus,
  type Clock,
  type Report,
  SECOND_MS,
  type Settings,
} from '@candlelake/core';
import { createHttpPost } from '@candlelake/node';
import { takeLease } from '../adapters/lakeLease.ts';
import type { SqliteStore } from '../adapters/sqliteStore.ts';
import { createCommandSink } from './commandSink.ts';
import { createWebhookSink } from './webhookSink.ts';

/** The sinks of the settings. Throws ConfigError for a command that does not exist. */
export function createSinks({ alertWebhook, alertFormat, alertCommand }: Settings): readonly AlertSink[] {
  const webhook =
    alertWebhook === null
      ? []
      : [createWebhookSink({ address: alertWebhook, format: alertFormat, post: createHttpPost() })];
  return alertCommand === null ? webhook : [...webhook, createCommandSink(alertCommand)];
}

export interface AlertsOptions {
  readonly sinks: readonly AlertSink[];
  readonly store: Pick<SqliteStore, 'openOutbox' | 'keepSinks'>;
  readonly clock: Clock;
  readonly report: Report;
  /** The file of the lease: one process on a store sends. */
  readonly lockPath: string;
}

export interface Alerts {
  /** One for each sink; while another process sends, nothing. */
  status(): readonly AlertStatus[];
  /** Looks for new notices soon. */
  wake(): void;
  /** Ends the sending, and tries once more what waits until `limit` aborts. */
  stop(limit: AbortSignal): Promise<void>;
}

/** How soon this process takes over after the one that sends has ended. */
const TAKE_OVER_MS = 10 * SECOND_MS;

/**
 * Starts sending what waits for the sinks, apart from the stream. A sink that the process that sends does not
 * have is forgotten, with what waits for it. While another process on the store sends, this one waits.
 */
export async function startAlerts(options: AlertsOptions): Promise<Alerts> {
  const { sinks, lockPath, clock, report } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let lease = takeLease(lockPath);
  let senders: readonly AlertSender[] = [];
  for (const { target } of sinks) {
    report({ level: 'info', kind: 'alerts', message: `crossovers at live bars go to ${target}` });
  }
  if (lease) {
    senders = await openSenders(options);
    if (sinks.length === 0) lease.close();
  } else if (sinks.length > 0) {
    const message = 'alerts: another process on this folder sends them; this one waits for its end';
    report({ level: 'info', kind: 'alerts-elsewhere', message });
  }

  async function send(): Promise<void> {
    while (!lease) {
      await clock.sleep(TAKE_OVER_MS, signal);
      lease = takeLease(lockPath);
      if (lease) senders = await openSenders(options);
    }
    await Promise.all(senders.map((sender) => sender.run(signal)));
  }

  const failed = (error: unknown) => {
    if (signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    report({ level: 'error', kind: 'alerts-failed', message: `alerts are sent no more: ${reason}` });
  };
  const sending = sinks.length === 0 ? Promise.resolve() : send().catch(failed);
  return {
    status: () => senders.map((sender) => sender.status()),
    wake() {
      for (const sender of senders) sender.wake();
    },
    async stop(limit) {
      stopping.abort();
      await sending;
      await Promise.all(senders.map((sender) => sender.flush(limit)));
      if (sinks.length > 0) lease?.close();
    },
  };
}

async function openSenders({ sinks, store, clock, report }: AlertsOptions): Promise<readonly AlertSender[]> {
  await store.keepSinks(sinks.map(({ name }) => name));
  return Promise.all(
    sinks.map(async (sink) => {
      const outbox = await store.openOutbox(sink.name);
      return new AlertSender({ clock, random: Math.random, report, outbox }, sink);
    }),
  );
}
