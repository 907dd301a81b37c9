import {
  type ApiRequest,
  type KeptSymbols,
  openApiDocument,
  type Parameters,
  RequestError,
  readParameters,
  type StatusAnswer,
} from '@candlelake/core';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { ApiThread } from '../adapters/apiThread.ts';
import type { AppPart } from './app.ts';
import type { LiveHub } from './liveHub.ts';
import { problem } from './problem.ts';

export interface ApiOptions {
  /** What reads lake and store; null before the store is open. */
  readonly reading: () => Reading | null;
  readonly status: () => StatusAnswer;
  /** Of candlelake. */
  readonly version: string;
  /** Called when lake or store can't be read. */
  readonly onFailure: (error: unknown) => void;
}

/** The parts that there are once the store is open. */
interface Reading {
  readonly thread: ApiThread;
  readonly hub: LiveHub;
  readonly kept: () => KeptSymbols;
}

const ROUTES = ['bars', 'candles', 'coverage', 'symbols'] as const satisfies readonly ApiRequest['route'][];

/** The routes of the HTTP API, as `/api/openapi.json` describes them. */
export function apiRoutes(options: ApiOptions): AppPart {
  const { status, version, onFailure } = options;
  const document = openApiDocument(version);

  const answered = (work: (context: Context) => Promise<Response> | Response) => async (context: Context) => {
    try {
      return await work(context);
    } catch (error) {
      if (error instanceof RequestError) return problem(error.status, error.message);
      onFailure(error);
      return problem(503, 'lake or store can not be read at the moment; the log of candlelake says why');
    }
  };
  const reading = (): Reading => {
    const now = options.reading();
    if (now === null) throw new RequestError(503, 'starting: the store is not open yet, try again soon');
    return now;
  };
  const withoutParameters = (body: () => unknown) =>
    answered((context) => {
      readParameters(parametersOf(context), []);
      return context.json(body());
    });

  return (app) => {
    // The page asks for bars next.
    app.use('/', (_, next) => {
      options.reading()?.thread.start();
      return next();
    });
    app.get(
      '/api/openapi.json',
      withoutParameters(() => document),
    );
    app.get('/api/status', withoutParameters(status));
    for (const route of ROUTES) {
      app.get(
        `/api/${route}`,
        answered((context) => answerFromLake(context, route, reading())),
      );
    }
    app.get(
      '/api/live',
      answered((context) => connectLive(context, reading())),
    );
  };
}

async function answerFromLake(
  context: Context,
  route: (typeof ROUTES)[number],
  { thread, hub, kept }: Reading,
): Promise<Response> {
  const parameters = parametersOf(context);
  const symbol = parameters.find(([name]) => name === 'symbol')?.[1] ?? '';
  const update = hub.updateOf(symbol.trim().toUpperCase());
  const isZipped = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  const request = { route, parameters, update, kept: route === 'symbols' ? kept() : {} };
  const body = await thread.call('answer', { request, isZipped });
  const headers = { 'content-type': 'application/json', vary: 'accept-encoding' };
  return context.body(body.bytes, 200, {
    ...headers,
    ...(body.isZipped && { 'content-encoding': 'gzip' }),
  });
}

async function connectLive(context: Context, { thread, hub }: Reading): Promise<Response> {
  const topic = await thread.call('topic', parametersOf(context));
  const lastEventId = context.req.header('last-event-id') ?? null;
  // A proxy that gathers the answer would hold the events back.
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  if (context.req.method === 'HEAD') return context.body(null, 200, headers);
  // There is no connection when a test asks the routes without a server.
  const { outgoing } = context.env as Partial<HttpBindings>;
  const disconnect = () => void outgoing?.destroy();
  return new Response(hub.connect({ topic, lastEventId, disconnect }), { headers });
}

function parametersOf(context: Context): Parameters {
  return [...new URL(context.req.url).searchParams];
}
