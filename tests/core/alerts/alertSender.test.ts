import {
  AlertSender,
  type CrossoverNotice,
  createMemoryStore,
  type ReportedEvent,
  RetryableError,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';

const START = Date.UTC(2026, 10, 20);
const MINUTE = 60_000;
const DAY = 86_400_000;

type Store = ReturnType<typeof createMemoryStore>;

/** Commits a day that has crossovers at these minutes, and no others. */
async function announce(store: Store, minutes: readonly number[]): Promise<void> {
  const crossovers = minutes.map((minute) => {
    const closeTime = START + minute * MINUTE;
    const name = { id: `m${minute}`, market: 'swap', symbol: 'BTC-USDT', kind: 'DEATH_CROSS' } as const;
    const bar = { timeframe: '1m', openTime: '', closeTime, status: 'complete' } as const;
    return { crossover: { ...name, ...bar, close: 1, maShort: 1, maLong: 2 }, isLive: true };
  });
  await store.markDays(new Set([START]));
  const mark = (await store.readMark(START))!;
  await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: [], crossovers });
}

/** A sender whose sink refuses while `refusal` is set. */
async function createRig() {
  const clock = createManualClock(START);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettings());
  for (const asOf of [START, START + DAY]) await store.advanceAsOf(asOf);
  const outbox = await store.openOutbox('webhook');
  const events: ReportedEvent[] = [];
  const received: string[] = [];
  const sink = { refusal: null as Error | null, tries: [] as number[] };
  const ports = { clock, random: () => 1, report: (event: ReportedEvent) => void events.push(event), outbox };
  const send = async ({ id, state }: CrossoverNotice) => {
    sink.tries.push((clock.now() - START) / 1000);
    if (sink.refusal) throw sink.refusal;
    received.push(`${state} ${id}`);
  };
  const sender = new AlertSender(ports, { name: 'webhook', target: 'example.com', send });
  const stopping = new AbortController();
  const running = sender.run(stopping.signal).catch(() => {});
  const stop = async () => {
    stopping.abort();
    await running;
  };
  return { clock, store, outbox, sender, sink, received, events, stop };
}

describe('an alert sender', () => {
  test('sends what is written while it runs, in order, when it is woken or within five seconds', async () => {
    const { clock, store, sender, received, stop } = await createRig();
    await clock.settle();
    await announce(store, [2, 1]);
    sender.wake();
    await clock.settle();
    expect(received).toEqual(['crossed m1', 'crossed m2']);
    await announce(store, [2]);
    await clock.advance(5_000);
    expect(received.slice(2)).toEqual(['retracted m1']);
    expect(sender.status()).toMatchObject({ waiting: 0, sent: 3, failures: 0, lastError: null });
    await stop();
  });

  test('tries again with growing pauses of at most five minutes, and says so once', async () => {
    const { clock, store, sender, sink, received, events, stop } = await createRig();
    sink.refusal = new RetryableError('example.com answered 500');
    await announce(store, [1, 2]);
    sender.wake();
    await clock.advance(60 * MINUTE);
    const pauses = sink.tries.slice(1).map((at, index) => at - sink.tries[index]!);
    // Random waits at their longest: 2 s, doubled with each failure.
    expect(pauses.slice(0, 4)).toEqual([2, 4, 8, 16]);
    expect(Math.max(...pauses)).toBe(300);
    const { length: failures } = sink.tries;
    const lastError = 'example.com answered 500';
    expect(sender.status()).toMatchObject({ waiting: 2, sent: 0, failures, lastError });
    expect(events.map(({ message }) => message)).toEqual([
      'alerts: example.com answered 500; 2 wait, trying again',
    ]);
    sink.refusal = null;
    await clock.advance(5 * MINUTE);
    expect(received).toEqual(['crossed m1', 'crossed m2']);
    expect(events.map(({ kind }) => kind)).toEqual(['alert-failed', 'alerts-sent-again']);
    await stop();
  });

  test('waits as long as the sink asks for', async () => {
    const { clock, store, sender, sink, stop } = await createRig();
    sink.refusal = new RetryableError('example.com answered 429', { retryAfterMs: 100_000 });
    await announce(store, [1]);
    sender.wake();
    await clock.advance(150_000);
    expect(sink.tries[1]! - sink.tries[0]!).toBe(100);
    await stop();
  });

  test('sends the one again whose removal a crash has prevented, and none is lost by a stop', async () => {
    const { clock, store, outbox, sender, received, stop } = await createRig();
    await announce(store, [1, 2]);
    const { remove } = outbox;
    Object.assign(outbox, { remove: async () => Promise.reject(new Error('crashed')) });
    sender.wake();
    await clock.settle();
    await stop();
    expect(received).toEqual(['crossed m1']);
    Object.assign(outbox, { remove });
    await sender.flush(new AbortController().signal);
    expect(received).toEqual(['crossed m1', 'crossed m1', 'crossed m2']);
  });

  test('at the end tries once what waits, and says what is left', async () => {
    const { store, sink, sender, events, stop } = await createRig();
    await stop();
    sink.refusal = new RetryableError('example.com answered 500');
    await announce(store, [1]);
    await sender.flush(new AbortController().signal);
    expect(sink.tries).toHaveLength(1);
    expect(events.at(-1)?.message).toBe('alerts: 1 for example.com waits for the next start');
  });
});
