import type { Health } from '@candlelake/core';
import { Hono } from 'hono';
import { strictHeaders } from './strictHeaders.ts';

export interface AppPorts {
  /** State of the stream, also before it has started. */
  readonly health: () => Health | StartingHealth;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** The body of `/health` before the stream has started. */
interface StartingHealth {
  readonly status: 'unhealthy';
  readonly reason: string;
}

/** All routes of the HTTP server: `/health`, `/live` and `/metrics`, and 404 for the rest. */
export function createApp({ health, metrics }: AppPorts): Hono {
  const app = new Hono();
  app.use(strictHeaders);
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
  app.notFound((context) => context.text('not found; this server has /health, /live and /metrics\n', 404));
  return app;
}
