import type { Health } from '@candlelake/core';
import { Hono } from 'hono';

export interface AppPorts {
  /** How the stream is; answers before there is one. */
  readonly health: () => Health | StartingHealth;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** What `/health` says before there is a stream to judge. */
interface StartingHealth {
  readonly status: 'unhealthy';
  readonly reason: string;
}

/** The whole of what the HTTP server serves: three answers about the running program, and 404 for the rest. */
export function createApp({ health, metrics }: AppPorts): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });
  app.get('/health', (context) => {
    const body = health();
    return context.json(body, body.status === 'ok' ? 200 : 503);
  });
  app.get('/live', (context) => context.json({ status: 'alive' }));
  app.get('/metrics', async (context) => {
    const { contentType, body } = await metrics();
    return context.body(body, 200, { 'content-type': contentType });
  });
  app.notFound((context) => context.text('not found: /health, /live and /metrics are served here\n', 404));
  return app;
}
