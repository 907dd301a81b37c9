import type { BarRow, CoverageRun, StatusAnswer, SymbolRow } from '@candlelake/core';
import { readPageFiles } from '@candlelake/page';
import { vi } from 'vitest';

import { type AppPart, createApp } from '../../packages/cli/src/http/app.ts';
import { pageRoutes } from '../../packages/cli/src/http/page.ts';
import { problem } from '../../packages/cli/src/http/problem.ts';
import { startHttpServer } from '../../packages/cli/src/http/server.ts';

/** What the fake data API answers. Tests change it while the page is open. */
export interface FakeData {
  bars: readonly BarRow[];
  runs: readonly CoverageRun[];
  symbols: readonly SymbolRow[];
  /** The answer to /api/symbols waits for this. */
  beforeSymbols?: Promise<void>;
  status: StatusAnswer;
  /** null for a lake without the ATR. */
  atrPeriod?: number | null;
}

export interface FakeServer {
  readonly url: string;
  readonly data: FakeData;
  /** Sends a live event to the open page, which has at most 30 s to connect. */
  send(event: string, body: unknown): Promise<void>;
  close(): void;
}

const TIMEFRAMES = ['21m', '60m'];
/** No page of a test is idle for longer. */
const IDLE_MS = 120_000;
const CONNECT_MS = 30_000;

/** The page on the program's own server, over a data API whose rows are in memory and change on request. */
export async function startFakeServer(data: FakeData, port = 0): Promise<FakeServer> {
  const live = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const app = createApp({
    health: () => ({ status: 'unhealthy', reason: 'starting' }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    parts: [pageRoutes(readPageFiles()), (target) => addApi(target, data, live)],
  });
  const server = await startHttpServer(app, { host: '127.0.0.1', port, idleMs: IDLE_MS });
  return {
    url: server.url,
    data,
    async send(event, body) {
      await vi.waitUntil(() => live.size > 0, { timeout: CONNECT_MS });
      for (const controller of live) controller.enqueue(eventBytes(event, body));
    },
    close: () => server.close(),
  };
}

function addApi(
  app: Parameters<AppPart>[0],
  data: FakeData,
  live: Set<ReadableStreamDefaultController<Uint8Array>>,
): void {
  app.get('/api/symbols', async (context) => {
    await data.beforeSymbols;
    return context.json({
      ...{ symbols: data.symbols, timeframes: TIMEFRAMES, interval: '3m' },
      ...{ ma_short: 3, ma_long: 7, atr_period: data.atrPeriod === undefined ? 14 : data.atrPeriod },
    });
  });
  app.get('/api/status', (context) => context.json(data.status));
  app.get('/api/coverage', (context) => {
    const { symbol = '', from, to } = context.req.query();
    const range = { from: Number(from), to: Number(to) };
    const runs = data.runs.filter((run) => run.to > range.from && run.from < range.to);
    return context.json({ symbol, interval: '3m', ...range, runs });
  });
  app.get('/api/bars', (context) => {
    const { symbol, from = 0, to = Number.MAX_SAFE_INTEGER, limit = 500 } = context.req.query();
    if (!data.symbols.some((info) => info.symbol === symbol))
      return problem(404, `symbol "${symbol}": not in the store`);
    const inside = data.bars.filter(({ open_time: time }) => time >= Number(from) && time < Number(to));
    const bars = inside.slice(-Number(limit));
    return context.json({ bars, next: bars.length < inside.length ? bars[0]!.open_time : null });
  });
  app.get('/api/live', () => {
    let own: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller;
        live.add(controller);
        controller.enqueue(eventBytes('status', data.status));
      },
      cancel() {
        live.delete(own);
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  });
}

function eventBytes(event: string, body: unknown): Uint8Array {
  return new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
}
