import type { Health } from '@candlelake/core';
import { Hono } from 'hono';
import { problem } from './problem.ts';
import { strictHeaders } from './strictHeaders.ts';

/** Adds routes to the server. */
export type AppPart = (app: Hono) => void;

export interface AppPorts {
  /** State of the stream, also before it has started. */
  readonly health: () => Health | StartingHealth;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** More routes, such as those of the page. */
  readonly parts?: readonly AppPart[];
}

/** The body of `/health` before the stream has started. */
interface StartingHealth {
  readonly status: 'unhealthy';
  readonly reason: string;
}

/** All routes of the HTTP server: `/health`, `/live`, `/metrics` and its parts, and 404 for the rest. */
export function createApp({ health, metrics, parts = [] }: AppPorts): Hono {
  const app = new Hono();
  app.use(strictHeaders);
  app.use(async (context, next) => {
    await next();
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
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
  for (const add of parts) add(app);
  app.notFound((context) => {
    if (context.req.path.startsWith('/api/'))
      return problem(404, `"${context.req.path}": no such route, expected one of /api/openapi.json`);
    return context.text(
      'not found; this server has /, /api/openapi.json, /health, /live and /metrics\n',
      404,
    );
  });
  return app;
}
