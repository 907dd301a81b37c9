import {
  type BarRow,
  type BarsAnswer,
  type Clock,
  type EpochMs,
  formatTimeframe,
  type Health,
  type KeptSymbols,
  type LiveTopic,
  MINUTE_MS,
  type Report,
  type Settings,
  type StatusAnswer,
  type StreamStatus,
  startingStatus,
  statusAnswer,
} from '@candlelake/core';
import type { ApiThread } from '../adapters/apiThread.ts';
import { apiRoutes } from '../http/api.ts';
import type { AppPart } from '../http/app.ts';
import { type LiveFeed, LiveHub } from '../http/liveHub.ts';
import { readVersion } from '../version.ts';

/** What the API needs of a running stream. */
interface ApiStream {
  readonly status: () => StreamStatus;
  readonly exchangeNow: () => EpochMs;
  readonly health: () => Health;
  readonly thread: ApiThread;
}

/** The HTTP API of a stream. */
export interface StreamApi {
  readonly routes: AppPart;
  /** Notes of the receive path for the clients of `/api/live`. */
  readonly feed: LiveFeed;
  /** To be called once the store is open and has its settings. */
  start(stream: ApiStream): void;
  /** The newest bar of a symbol, the open one if it has a candle; null when there is none. */
  newestBar(symbol: string, timeframeMinutes: number): Promise<BarRow | null>;
  /** As {@link LiveHub.follow}. */
  readonly follow: LiveHub['follow'];
  /** Disconnects the clients of `/api/live`. */
  close(): void;
}

export interface StreamApiOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly report: Report;
}

/** The API of a stream that is about to start. */
export function createStreamApi({ settings, clock, report }: StreamApiOptions): StreamApi {
  const version = readVersion();
  let started: ApiStream | null = null;
  const onFailure = createFailureReport(report);
  const status = (): StatusAnswer =>
    started ? statusOf(started, settings, version) : startingStatus(clock.now(), version);
  const call: ApiThread['call'] = (name, asked) => started!.thread.call(name, asked);
  const hub = new LiveHub({
    look: (looks) => call('look', looks),
    forget: (topic) => void call('forget', topic).catch(onFailure),
    status,
    now: () => started?.exchangeNow() ?? clock.now(),
    onFailure,
    runId: Date.now().toString(36),
  });
  const reading = () =>
    started && { thread: started.thread, hub, kept: () => keptSymbols(started!.status()) };
  return {
    routes: apiRoutes({ reading, status, version, onFailure }),
    feed: {
      updated: (update) => hub.updated(update),
      merged: (symbols) => hub.merged(symbols),
      derived: (day) => hub.derived(day),
    },
    start(stream) {
      started = stream;
    },
    newestBar: (symbol, timeframeMinutes) => readNewestBar(call, { symbol, timeframeMinutes, hub }),
    follow: (topic, listener) => hub.follow(topic, listener),
    close: () => hub.close(),
  };
}

interface NewestBar extends LiveTopic {
  readonly hub: Pick<LiveHub, 'updateOf'>;
}

async function readNewestBar(
  call: ApiThread['call'],
  { symbol, timeframeMinutes, hub }: NewestBar,
): Promise<BarRow | null> {
  const parameters = Object.entries({ symbol, timeframe: formatTimeframe(timeframeMinutes), limit: '1' });
  const request = { route: 'bars', parameters, update: hub.updateOf(symbol), kept: {} } as const;
  const { bytes } = await call('answer', { request, isZipped: false });
  const { bars } = JSON.parse(new TextDecoder().decode(bytes)) as BarsAnswer;
  return bars.at(-1) ?? null;
}

function statusOf(stream: ApiStream, { requestsPerSecond }: Settings, version: string): StatusAnswer {
  const problem = stream.health().reason ?? null;
  return statusAnswer(stream.status(), { now: stream.exchangeNow(), problem, requestsPerSecond, version });
}

function keptSymbols({ symbols }: StreamStatus): KeptSymbols {
  return Object.fromEntries(symbols.map(({ symbol, exception }) => [symbol, exception]));
}

/** Reports that lake or store can't be read, at most once a minute of real time. */
function createFailureReport(report: Report): (error: unknown) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (Date.now() - reportedAt < MINUTE_MS) return;
    reportedAt = Date.now();
    const reason = error instanceof Error ? error.message : String(error);
    report({
      level: 'warn',
      kind: 'api-failed',
      message: `the HTTP API can't read lake or store: ${reason}`,
    });
  };
}
