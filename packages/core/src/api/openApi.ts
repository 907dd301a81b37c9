import { API_SCHEMAS, type JsonSchema, refer } from './openApiSchemas.ts';

/** Rows of an answer without `limit`, and at most. */
export const DEFAULT_LIMIT = 500;
export const MAX_LIMIT = 5_000;

const PARAMETERS = {
  symbol: parameter('symbol', 'a symbol that `/api/symbols` lists, such as `BTC-USDT`', { type: 'string' }),
  timeframe: parameter('timeframe', 'a timeframe that `/api/symbols` lists; without it the first of them', {
    type: 'string',
    examples: ['21m'],
  }),
  from: parameter('from', 'the first instant of the window: epoch ms or `2026-11-22T12:00Z`', {
    type: ['string', 'integer'],
  }),
  to: parameter('to', 'the end of the window, exclusive: epoch ms or `2026-11-22T12:00Z`; without it now', {
    type: ['string', 'integer'],
  }),
  limit: parameter('limit', 'the most rows of the answer: the newest of the window', {
    ...{ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  }),
};

/** The only description of the HTTP API, served at `/api/openapi.json`. OpenAPI 3.1. */
export function openApiDocument(version: string): Readonly<Record<string, unknown>> {
  return {
    openapi: '3.1.1',
    info: {
      title: 'candlelake',
      version,
      description:
        'Bars, candles and coverage of one machine. Rows have the columns of the tables of the lake. ' +
        'Times are epoch milliseconds, UTC. Windows are half-open and go by the open time.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: {
      '/api/bars': get('Bars, oldest first, the open one included', 'BarsAnswer', [
        ...[required(PARAMETERS.symbol), PARAMETERS.timeframe],
        ...[PARAMETERS.from, PARAMETERS.to, PARAMETERS.limit],
      ]),
      '/api/candles': get('Closed candles, oldest first', 'CandlesAnswer', [
        ...[required(PARAMETERS.symbol), PARAMETERS.from, PARAMETERS.to, PARAMETERS.limit],
      ]),
      '/api/coverage': get('Slots that are not final, as runs', 'CoverageAnswer', [
        ...[required(PARAMETERS.symbol), PARAMETERS.from, PARAMETERS.to],
      ]),
      '/api/symbols': get('Symbols, timeframes and periods', 'SymbolsAnswer', []),
      '/api/status': get('What is going on', 'StatusAnswer', []),
      '/api/live': liveOperation(),
      '/api/openapi.json': {
        get: {
          summary: 'This document',
          responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
        },
      },
    },
    components: { schemas: API_SCHEMAS },
  };
}

function parameter(name: string, description: string, schema: JsonSchema): JsonSchema {
  return { name, in: 'query', required: false, description, schema };
}

function required(of: JsonSchema): JsonSchema {
  return { ...of, required: true };
}

function get(summary: string, schema: string, parameters: readonly JsonSchema[]): JsonSchema {
  const answer = { description: summary, content: { 'application/json': { schema: refer(schema) } } };
  return { get: { summary, parameters, responses: { 200: answer, default: problem() } } };
}

function problem(): JsonSchema {
  const description = '400 wrong parameter, 404 unknown symbol or timeframe, 503 not ready';
  return { description, content: { 'application/problem+json': { schema: refer('Problem') } } };
}

const LIVE_DESCRIPTION = `Server-sent events. Open it before the first request to \`/api/bars\`: then no change is lost between them.
It begins with \`status\`, \`coverage\` and the open \`bar\`. Apply \`bar\` and \`revised\` by \`open_time\`.

| event | data | sent |
|---|---|---|
| \`bar\` | LiveBar | for each change of the open bar, at most four times a second, and once when it has closed |
| \`revised\` | LiveRevision | when a closed bar of today or yesterday (UTC) changes |
| \`stale\` | LiveStale | when bars of older days may have changed |
| \`coverage\` | CoverageAnswer | when slots of today (UTC) change their state |
| \`status\` | StatusAnswer | when it changes, and every five seconds |
| \`reset\` | LiveReset | when events were lost: load everything again |

Events about closed bars have an id. A client that connects again sends the last one as \`Last-Event-ID\` and gets what it missed, or \`reset\`. A client that does not read is disconnected.`;

function liveOperation(): JsonSchema {
  const lastEventId = {
    ...{ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
    description: 'the id of the last event that was received; browsers send it by themselves',
  };
  const content = { 'text/event-stream': { schema: { type: 'string' } } };
  return {
    get: {
      summary: 'Live bars as server-sent events',
      parameters: [required(PARAMETERS.symbol), PARAMETERS.timeframe, lastEventId],
      responses: { 200: { description: LIVE_DESCRIPTION, content }, default: problem() },
    },
  };
}
