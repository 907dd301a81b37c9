import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Candle, historyScope, planSurvey, repairScope, surveyStretch } from '@candlelake/core';
import { yieldToHost } from '@candlelake/node';
import { openSqliteStore, type SqliteStore } from '../packages/cli/src/adapters/sqliteStore.ts';
import { createFakeHistory, plainValues } from '../tests/support/fakeHistory.ts';
import { lakeSettings } from '../tests/support/lakeSettings.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import type { BenchResult } from './result.ts';

const DAY = 86_400_000;
const SLOT = 180_000;
const NOW = Date.UTC(2026, 0, 1);
const EMPTY_DAYS = 3652;
const STORED_DAYS = 365;
const SYMBOLS = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT'];
const SERIES = SYMBOLS.map((symbol) => swapSeries(symbol, '3m'));
const { signal } = new AbortController();

/** What a survey of years costs, and for how long at a stretch it keeps the event loop to itself. */
export async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-survey-'));
  const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: () => NOW });
  try {
    await store.writeSettings(lakeSettings());
    const empty = await survey(store, EMPTY_DAYS);
    const firstRequestMs = await firstRequest(store);
    for (const series of SERIES) await store.merge([{ series, candles: storedCandles() }]);
    const stored = await survey(store, STORED_DAYS);
    return {
      name: 'survey: what is not settled, in years of three symbols at 3m',
      aim: '/live answers within 100 ms during a survey of ten years',
      rows: [
        { label: 'ten years of which nothing is stored', value: empty.totalMs, unit: 'ms' },
        { label: 'longest time without a turn of the event loop', value: empty.longestMs, unit: 'ms' },
        { label: 'until the first request of their backfill', value: firstRequestMs, unit: 'ms' },
        { label: 'a year that is stored and not derived', value: stored.totalMs, unit: 'ms' },
        { label: 'longest time without a turn of the event loop', value: stored.longestMs, unit: 'ms' },
      ],
      note: `${SERIES.length * EMPTY_DAYS} and ${SERIES.length * STORED_DAYS} days, read from SQLite one by one`,
    };
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

async function survey(store: SqliteStore, days: number): Promise<{ totalMs: number; longestMs: number }> {
  const start = performance.now();
  let turn = start;
  let longestMs = 0;
  const endTurn = () => {
    longestMs = Math.max(longestMs, performance.now() - turn);
  };
  const ports = {
    ...portsOf(store),
    async yieldToHost() {
      endTurn();
      await yieldToHost();
      turn = performance.now();
    },
  };
  for (const series of SERIES) {
    const scope = historyScope({ series, from: NOW - days * DAY, to: NOW });
    const { record, stretches } = await planSurvey(ports, scope);
    for (const stretch of stretches) await surveyStretch(ports, record, stretch, signal);
  }
  endTurn();
  return { totalMs: performance.now() - start, longestMs };
}

async function firstRequest(store: SqliteStore): Promise<number> {
  const start = performance.now();
  const asked = Promise.withResolvers<number>();
  const history = createFakeHistory({ now: () => NOW, valuesAt: plainValues });
  history.read = async () => {
    asked.resolve(performance.now() - start);
    throw new Error('asked');
  };
  const scope = historyScope({ series: SERIES[0]!, from: NOW - EMPTY_DAYS * DAY, to: NOW });
  await repairScope({ ...portsOf(store), yieldToHost, history, report: () => {} }, { scope }, signal).catch(
    () => {},
  );
  return asked.promise;
}

function portsOf(store: SqliteStore) {
  return { exchangeClock: { now: () => NOW }, candles: store, derivation: store };
}

function storedCandles(): readonly Candle[] {
  const from = NOW - STORED_DAYS * DAY;
  return Array.from({ length: STORED_DAYS * 480 }, (_, slot) => {
    const openTime = from + slot * SLOT;
    return {
      openTime,
      ...plainValues(openTime),
      status: 'final',
      source: 'history',
      observed: openTime + DAY,
    };
  });
}
