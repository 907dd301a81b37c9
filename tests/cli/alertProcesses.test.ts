import { join } from 'node:path';
import type { AlertSink, ReportedEvent } from '@candlelake/core';
import { afterEach, describe, expect, test } from 'vitest';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { type Alerts, startAlerts } from '../../packages/cli/src/alerts/alerts.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { createManualClock } from '../support/manualClock.ts';
import { temporaryFolder } from './program.ts';

const START = Date.UTC(2026, 10, 20);
const MINUTE = 60_000;
const DAY = 86_400_000;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** One output folder with a store, and processes that may send its alerts. */
async function createFolder() {
  const folder = temporaryFolder();
  const clock = createManualClock(START);
  const events: string[] = [];
  const open = () => {
    const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: clock.now });
    closers.push(() => store.close());
    return store;
  };
  const store = open();
  await store.writeSettings(lakeSettings());
  for (const asOf of [START, START + DAY]) await store.advanceAsOf(asOf);
  const start = (sinks: readonly AlertSink[]): Promise<Alerts> => {
    const report = ({ kind }: ReportedEvent) => void events.push(kind);
    return startAlerts({ sinks, store: open(), clock, report, lockPath: join(folder, 'alerts.lock') });
  };
  return { clock, store, start, events };
}

function sinkTo(received: string[]): AlertSink {
  return { name: 'webhook', target: 'example.com', send: async ({ id }) => void received.push(id) };
}

/** Commits a day that has crossovers at these minutes. */
async function announce(store: SqliteStore, minutes: readonly number[]): Promise<void> {
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

const now = () => AbortSignal.timeout(1_000);

describe('processes on one output folder', () => {
  test('send each alert once: the second takes over when the first has ended', async () => {
    const { clock, store, start, events } = await createFolder();
    const [first, second]: [string[], string[]] = [[], []];
    const one = await start([sinkTo(first)]);
    const other = await start([sinkTo(second)]);
    expect(events).toEqual(['alerts', 'alerts', 'alerts-elsewhere']);
    await announce(store, [1]);
    await clock.advance(30_000);
    expect([first, second]).toEqual([['m1'], []]);
    expect([one.status().length, other.status().length]).toEqual([1, 0]);
    await one.stop(now());
    await announce(store, [1, 2]);
    await clock.advance(10_000);
    await clock.advance(5_000);
    expect([first, second]).toEqual([['m1'], ['m2']]);
    await other.stop(now());
  });

  test('a start without a sink drops what waits for it, but not while another process sends', async () => {
    const { clock, store, start } = await createFolder();
    const received: string[] = [];
    const one = await start([sinkTo(received)]);
    const without = await start([]);
    await announce(store, [1]);
    await clock.advance(5_000);
    expect(received).toEqual(['m1']);
    await Promise.all([one.stop(now()), without.stop(now())]);
    await announce(store, [1, 2]);
    await (await start([])).stop(now());
    const again = await start([sinkTo(received)]);
    await announce(store, [1, 2, 3]);
    await clock.advance(5_000);
    expect(received).toEqual(['m1', 'm3']);
    await again.stop(now());
  });
});
