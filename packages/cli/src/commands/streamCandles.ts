import type { Clock, Settings } from '@candlelake/core';
import { createClock, createHttpGet } from '@candlelake/node';
import { readPageFiles } from '@candlelake/page';
import { createSinks } from '../alerts/alerts.ts';
import { createApp } from '../http/app.ts';
import { createMetrics } from '../http/metrics.ts';
import { pageRoutes } from '../http/page.ts';
import { startHttpServer } from '../http/server.ts';
import { createDisplay, type Display } from '../output/display.ts';
import type { CommandContext } from './commandContext.ts';
import { runStream } from './runStream.ts';
import { handleStop } from './stopHandling.ts';
import { createStreamApi, type StreamApi } from './streamApi.ts';
import { healthOfStream, type StartedStream } from './streamHealth.ts';
import { refuseEarlyEnd, reportStart, showHistoryOnce } from './streamStart.ts';
import { startStatusLine } from './streamStatusLine.ts';

const STARTING = { status: 'unhealthy', reason: 'starting' } as const;

/**
 * Streams until a signal, until `--for` is over or until `--until` is settled. Throws any other reason for
 * its end.
 */
export async function streamCandles(settings: Settings, context: CommandContext): Promise<void> {
  const clock = createClock(settings.clock);
  refuseEarlyEnd(settings, clock);
  const sinks = createSinks(settings);
  const metrics = createMetrics(clock);
  const display = createDisplay({ lines: context.lines, clock, settings, startedAt: clock.now() });
  const { report } = display;
  const stop = handleStop(context, { report, lateCode: 0 });
  if (settings.forMs !== null) stop.after(settings.forMs);
  let started: StartedStream | null = null;
  const api = createStreamApi({ settings, clock, report });
  const app = createApp({
    parts: [api.routes, pageRoutes(readPageFiles())],
    health: () => (started ? healthOfStream(started, settings, clock) : STARTING),
    metrics: () => metrics.render(started?.status() ?? null, started?.alerts() ?? []),
  });
  const server = await startHttpServer(app, settings);
  const { url } = server;
  try {
    await runStream(settings, {
      ...{ url, clock, stop, report, api, sinks },
      httpGet: metrics.counted(createHttpGet()),
      ...{ onIrregular: metrics.irregular, onStored: metrics.stored },
      ...{ onBars: display.onBars, onLake: display.onLake },
      onOpen: () => reportStart(settings, { url, clock, display }),
      onStart(stream) {
        started = stream;
        return showStream(stream, { settings, clock, display, api });
      },
      onDone: display.endHistory,
    });
  } finally {
    api.close();
    server.close();
    display.close();
    stop.dispose();
  }
}

interface ShowOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly display: Display;
  readonly api: StreamApi;
}

/** Shows what a stream does, until the returned function is called. */
function showStream(stream: StartedStream, { settings, clock, display, api }: ShowOptions): () => void {
  const { status, exchangeNow } = stream;
  const health = () => healthOfStream(stream, settings, clock);
  const { newestBar } = api;
  const endStatusLine = startStatusLine({ display, settings, status, health, exchangeNow, newestBar });
  const historyCheck = showHistoryOnce(status, clock, display);
  return () => {
    endStatusLine();
    clearInterval(historyCheck);
  };
}
