import {
  type AlertStatus,
  type Clock,
  EXCEPTION_STATES,
  type HttpGet,
  type StreamStatus,
} from '@candlelake/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** All metrics as Prometheus text; those of the stream only with a `status`. */
  render(
    status: StreamStatus | null,
    alerts?: readonly AlertStatus[],
  ): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Records candles that were written together, `latencyMs` of the clock after their close was seen. */
  stored(candles: number, latencyMs: number): void;
  /** Counts irregular candles that were stored. */
  irregular(candles: number): void;
  /** Wraps `httpGet` so that its requests are counted. */
  counted(httpGet: HttpGet): HttpGet;
}

/** In seconds: from less than a transaction takes to more than a slow disk needs. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The metrics of one process. Counters start at 0 with it. */
export function createMetrics(clock: Pick<Clock, 'monotonic'>): Metrics {
  const registers = [new Registry()] as const;
  const latency = new Histogram({
    name: 'candlelake_close_to_durable_seconds',
    help: 'Time from the moment a close was seen until the candle was durable',
    buckets: LATENCY_BUCKETS,
    registers: [...registers],
  });
  const requests = new Counter({
    name: 'candlelake_requests_total',
    help: 'REST requests sent, by outcome',
    labelNames: ['outcome'],
    registers: [...registers],
  });
  const irregular = new Counter({
    name: 'candlelake_irregular_candles_total',
    help: 'Candles stored with open or close outside the range from low to high',
    registers: [...registers],
  });
  const setGauges = createGauges(registers[0], clock);
  const setAlerts = createAlertMetrics(registers[0]);
  return {
    async render(status, alerts = []) {
      if (status) setGauges(status);
      setAlerts(alerts);
      const body = await registers[0].metrics();
      return { contentType: registers[0].contentType, body };
    },
    stored(candles, latencyMs) {
      for (let candle = 0; candle < candles; candle++) latency.observe(latencyMs / 1000);
    },
    irregular: (candles) => irregular.inc(candles),
    counted: (httpGet) => countRequests(httpGet, (outcome) => requests.inc({ outcome })),
  };
}

/** The same requests; `count` is called with the status of each, or with `failed`. */
function countRequests(httpGet: HttpGet, count: (outcome: string) => void): HttpGet {
  return async (url, signal) => {
    try {
      const response = await httpGet(url, signal);
      count(String(response.status));
      return response;
    } catch (error) {
      count('failed');
      throw error;
    }
  };
}

/** The metrics that are read from a status. */
function createGauges(register: Registry, clock: Pick<Clock, 'monotonic'>): (status: StreamStatus) => void {
  const registers = [register];
  const counter = (name: string, help: string) =>
    new Counter({ name: `candlelake_${name}_total`, help, registers });
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `candlelake_${name}`, help, labelNames, registers });
  const candles = counter('candles_stored', 'Candles that the stream closed and stored');
  const updates = counter('updates', 'Candle updates received');
  const repaired = counter('slots_repaired', 'Empty slots filled from history');
  const reconnects = counter(
    'reconnects',
    'Connections to the exchange that were lost or could not be opened',
  );
  const connected = gauge('connected', 'Open connections to the exchange');
  const waited = gauge('frame_lag_seconds', 'Time that the last frame waited before it was processed');
  const unresolved = gauge('unresolved_slots', 'Live slots of a symbol not settled yet', ['symbol', 'state']);
  const unreadable = gauge('unreadable_slots', 'Slots whose row of history cannot be read', ['symbol']);
  const exceptions = gauge('symbol_exceptions', 'Symbols that are not kept as usual, by reason', ['state']);
  const backfill = gauge(
    'backfill_remaining_slots',
    'Estimated slots that the first backfill still has to ask for',
  );
  const lag = gauge('lake_lag_seconds', 'Time since which the lake is behind the store');
  const dirty = gauge('lake_dirty_days', 'Days whose lake objects are stale');
  return ({ counters, link, symbols, backfill: fill, lake }) => {
    setCounter(candles, counters.candlesStored);
    setCounter(updates, counters.updates);
    setCounter(repaired, counters.slotsRepaired);
    setCounter(reconnects, link.reconnects);
    connected.set(link.connections);
    waited.set(link.lagMs / 1000);
    for (const { symbol, missing, provisional, unreadable: rows } of symbols) {
      unresolved.set({ symbol, state: 'missing' }, missing);
      unresolved.set({ symbol, state: 'provisional' }, provisional);
      unreadable.set({ symbol }, rows?.slots ?? 0);
    }
    for (const state of EXCEPTION_STATES)
      exceptions.set({ state }, symbols.filter(({ exception }) => exception?.state === state).length);
    backfill.set(fill.remainingSlots);
    const lagMs = lake.oldestDirtySince === null ? 0 : clock.monotonic() - lake.oldestDirtySince;
    lag.set(lagMs / 1000);
    dirty.set(lake.dirtyDays);
  };
}

/** What waits for each sink, and what became of the tries. */
function createAlertMetrics(register: Registry): (alerts: readonly AlertStatus[]) => void {
  const parts = { labelNames: ['sink'], registers: [register] };
  const name = 'candlelake_alerts_waiting';
  const waiting = new Gauge({ name, help: 'Notices that wait for a sink', ...parts });
  const counter = (part: string, help: string) =>
    new Counter({ name: `candlelake_${part}_total`, help, ...parts });
  const sent = counter('alerts_sent', 'Notices that a sink has taken');
  const failures = counter('alert_failures', 'Tries that a sink refused, or did not answer');
  return (alerts) => {
    for (const { sink, ...counts } of alerts) {
      waiting.set({ sink }, counts.waiting);
      for (const [counted, value] of [
        [sent, counts.sent],
        [failures, counts.failures],
      ] as const) {
        counted.remove({ sink });
        counted.inc({ sink }, value);
      }
    }
  };
}

/** Sets a counter to a value that is counted elsewhere; a gauge would lose the type for Prometheus. */
function setCounter(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}
