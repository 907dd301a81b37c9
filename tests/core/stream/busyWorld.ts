import {
  createCollector,
  createMemoryStore,
  DEFAULT_PACE_LIMITS,
  type EpochMs,
  type HistoryRequest,
  healthOf,
  INITIAL_LAKE_STATUS,
  type Interval,
  intervalMs,
  type ReportedEvent,
  RequestBudget,
  SymbolRefusedError,
} from '@candlelake/core';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createFakeMarket } from '../../support/fakeMarket.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';

export interface BusyWorldOptions {
  readonly start: EpochMs;
  readonly interval: Interval;
  readonly symbols: readonly string[];
  readonly historyDays: number;
  /** When the markets of symbols closed: neither history nor the stream shows a candle from then on. */
  readonly closedAt?: Readonly<Record<string, EpochMs>>;
}

/** A stream of many symbols on a manual clock, with a request budget that keeps the documented pace. */
export async function createBusyWorld(options: BusyWorldOptions) {
  const { start, interval, symbols, historyDays, closedAt = {} } = options;
  const clock = createManualClock(start);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettings({ interval }));
  const events: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void events.push(event);
  const fake = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  const breaks = new Map(Object.entries(closedAt).map(([symbol, from]) => [symbol, { from, to: Infinity }]));
  const empty = new Set<string>();
  fake.tamper = ({ series }, rows) => {
    const { from, to } = breaks.get(series.symbol) ?? { from: Infinity, to: Infinity };
    return empty.has(series.symbol) ? [] : rows.filter(({ openTime }) => openTime < from || openTime >= to);
  };
  const market = createFakeMarket({ clock, valuesAt: plainValues });
  for (const symbol of breaks.keys()) market.silent.add(symbol);
  const budget = new RequestBudget({
    ...{ pace: store, clock, exchangeClock: clock, random: () => 0.5, report },
    limits: DEFAULT_PACE_LIMITS,
  });
  /** Symbols that history refuses. */
  const paused = new Set<string>();
  /** The listed symbols with their launch. */
  const launches = new Map<string, EpochMs | null>(symbols.map((symbol) => [symbol, null]));
  /** When the contract list was read. */
  const listings: EpochMs[] = [];
  const requests: (HistoryRequest & { readonly at: EpochMs })[] = [];
  const history = {
    ...fake,
    async read(request: HistoryRequest, signal: AbortSignal) {
      await budget.take({ priority: request.priority, route: 'klines' }, signal);
      requests.push({ ...request, at: clock.now() });
      const { symbol } = request.series;
      if (paused.has(symbol)) throw pauseOf(symbol);
      return fake.read(request, signal);
    },
    async contracts() {
      listings.push(clock.now());
      return [...launches].map(([symbol, launchTime]) => ({ symbol, pricePrecision: 1, launchTime }));
    },
  };
  const stop = new AbortController();
  const collector = createCollector(
    {
      ...{
        clock,
        exchangeClock: exchangeClockOf(clock),
        random: () => 0.5,
        yieldToHost: async () => {},
        history,
        candles: store,
        derivation: store,
        report,
      },
      marketStream: market,
      lake: { request: () => {}, flush: async () => {}, status: () => INITIAL_LAKE_STATUS },
      flushLimit: () => stop.signal,
    },
    { symbols, interval, historyDays, backfill: true, gapFill: true, until: null },
  );
  let running = Promise.resolve();
  return {
    ...{ clock, store, events, market, paused, launches, listings },
    /** The market opens with the next candle; without a stream only history shows it. */
    open(symbol: string, { inStream = true } = {}) {
      const lengthMs = intervalMs(interval);
      const { from } = breaks.get(symbol)!;
      breaks.set(symbol, { from, to: Math.ceil(clock.now() / lengthMs) * lengthMs });
      if (inStream) market.silent.delete(symbol);
    },
    /** Whether every answer of history about the symbol is without rows. */
    answerNothingFor(symbol: string, really: boolean) {
      if (really) empty.add(symbol);
      else empty.delete(symbol);
    },
    /** Requests for the symbol since an instant. */
    requestsOf: (symbol: string, since = 0) =>
      requests.filter(({ series, at }) => series.symbol === symbol && at >= since).length,
    start() {
      running = collector.run(stop.signal);
      running.catch(() => {});
      return running;
    },
    status: collector.status,
    health: () => healthOf(collector.status(), { now: clock.now(), interval }),
    async end() {
      stop.abort();
      await running;
    },
  };
}

/** Text and code as recorded: docs/bingx.md, "Errors". */
function pauseOf(symbol: string): SymbolRefusedError {
  return new SymbolRefusedError(`code 109415 "${symbol} is pause currently"`, {
    code: 109415,
    certain: true,
  });
}
