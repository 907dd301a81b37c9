import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BarsAnswer, CoverageAnswer, SymbolsAnswer } from '@candlelake/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeParquet } from '../../../packages/cli/src/adapters/parquetFile.ts';
import { schemaFaults } from '../../support/jsonSchema.ts';
import { openLive } from '../../support/liveEvents.ts';
import { type RunningProgram, startProgram } from '../program.ts';
import { type Simulation, simulate, urlOf } from '../simulation.ts';

/** Sunday 2026-11-22, 06:01 UTC. */
const FROM = Date.UTC(2026, 10, 22, 6, 1);

let simulation: Simulation;
let program: RunningProgram;
let url: string;

/** One program for all tests of this file, which only read. */
beforeAll(async () => {
  simulation = await simulate({ from: FROM, speed: 60, symbols: ['BTC-USDT', 'ETH-USDT'] });
  const words = ['--symbol', 'BTC-USDT,ETH-USDT', '--history-days', '2', '--timeframe', '21m,1h'];
  program = startProgram(['stream', ...simulation.flags, ...words], simulation.variables);
  url = await urlOf(program);
  await program.line(/history has answered/);
  await filled();
});

afterAll(async () => {
  program.process.kill();
  await program.ended;
  await simulation.exchange.close();
});

/** Resolves when yesterday is in the lake: it is unmarked, and nothing of it is missing. */
async function filled(): Promise<void> {
  for (;;) {
    const health = (await (await fetch(`${url}/health`)).json()) as { lake?: { asOf: string | null } };
    const { runs = [] } = await json<Partial<CoverageAnswer>>('coverage?symbol=ETH-USDT&to=2026-11-22');
    const days = existingDays();
    if (health.lake?.asOf && runs.length === 0 && days.includes('date=2026-11-21')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function existingDays(): readonly string[] {
  try {
    return readdirSync(join(simulation.output, 'parquet/bars/timeframe=21m'));
  } catch {
    return [];
  }
}

async function json<T>(path: string): Promise<T> {
  return (await (await fetch(`${url}/api/${path}`)).json()) as T;
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly required: boolean; readonly in: string }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly content: Readonly<Record<string, { readonly schema?: Readonly<Record<string, unknown>> }>> }
    >
  >;
}

describe('the OpenAPI document', () => {
  it.each(['bars', 'candles', 'coverage', 'symbols', 'status'])(
    'describes the answer of /api/%s',
    async (name) => {
      const { paths, components } = await json<Document>('openapi.json');
      const { parameters = [], responses } = paths[`/api/${name}`]!.get;
      const query = parameters.some(({ required }) => required) ? '?symbol=BTC-USDT' : '';
      const answer = await fetch(`${url}/api/${name}${query}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
      const { schema } = responses[200]!.content['application/json']!;
      expect(schemaFaults(await answer.json(), schema!, components.schemas)).toEqual([]);
    },
  );

  it('describes the problem of a wrong parameter, on every route', async () => {
    const { paths, components } = await json<Document>('openapi.json');
    for (const [path, { get }] of Object.entries(paths)) {
      const answer = await fetch(`${url}${path}?wrong=1`);
      expect([answer.status, answer.headers.get('content-type')], path).toEqual([
        400,
        'application/problem+json',
      ]);
      const body = await answer.json();
      expect(schemaFaults(body, components.schemas.Problem!, components.schemas)).toEqual([]);
      expect(body, path).toMatchObject({
        status: 400,
        title: 'Bad Request',
        detail: expect.stringMatching(/^parameter "/),
      });
      if (path !== '/api/openapi.json')
        expect(get.responses.default!.content).toHaveProperty(['application/problem+json']);
    }
  });

  it('names every parameter that a route takes, and no other', async () => {
    const { paths } = await json<Document>('openapi.json');
    for (const [path, { get }] of Object.entries(paths)) {
      const { detail } = (await (await fetch(`${url}${path}?wrong=1`)).json()) as { detail: string };
      const taken = /expected one of (.*)$/.exec(detail)?.[1]?.split(', ') ?? [];
      const described = (get.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
      expect(taken, path).toEqual(described);
    }
  });

  it('describes the events of /api/live', async () => {
    const { components } = await json<Document>('openapi.json');
    const live = await openLive({ url, query: 'symbol=BTC-USDT&timeframe=21m' });
    const schemas = { status: 'StatusAnswer', coverage: 'CoverageAnswer', bar: 'LiveBar' };
    for (const [name, schema] of Object.entries(schemas)) {
      const { data } = await live.next((event) => event.name === name);
      expect(schemaFaults(data, components.schemas[schema]!, components.schemas), name).toEqual([]);
    }
    await live.close();
  });
});

describe('a wrong request', () => {
  it.each([
    ['bars?symbol=XYZ', 404, 'symbol "XYZ": not kept here, expected '],
    [
      'bars?symbol=BTC-USDT&timeframe=20m',
      404,
      'timeframe "20m": the lake does not have it, expected one of 21m, 60m',
    ],
    ['bars?symbol=BTC-USDT&limit=9999', 400, 'limit "9999": expected a whole number from 1 to 5000'],
    ['coverage?symbol=BTC-USDT&from=x', 400, 'from "x": expected epoch milliseconds or a UTC time'],
    ['live?symbol=XYZ', 404, 'symbol "XYZ": not kept here'],
    ['live', 400, 'parameter "symbol": missing'],
    ['nothing', 404, '"/api/nothing": no such route, expected one of /api/openapi.json'],
  ])('/api/%s is a problem in one line', async (path, status, detail) => {
    const answer = await fetch(`${url}/api/${path}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    const body = (await answer.json()) as { detail: string };
    expect(body).toMatchObject({ type: 'about:blank', status });
    expect(body.detail.slice(0, detail.length)).toBe(detail);
    expect(body.detail).not.toMatch(/\n/);
  });

  it('by any method but GET and HEAD finds nothing', async () => {
    expect((await fetch(`${url}/api/bars?symbol=BTC-USDT`, { method: 'POST' })).status).toBe(404);
    const head = await fetch(`${url}/api/live?symbol=BTC-USDT`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('the running program', () => {
  it('answers with the bars of its lake, and with the open one', async () => {
    const file = join(simulation.output, 'parquet/bars/timeframe=21m/date=2026-11-21/bars.parquet');
    const { columns } = await decodeParquet(readFileSync(file));
    const { bars } = await json<BarsAnswer>('bars?symbol=ETH-USDT&from=2026-11-21&to=2026-11-22');
    const rows = columns.symbol!.flatMap((symbol, row) => (symbol === 'ETH-USDT' ? [row] : []));
    // A session has 69 bars of 21 minutes: 68 whole ones and one of 12 minutes.
    expect(rows).toHaveLength(69);
    for (const name of ['open_time', 'close', 'volume', 'ma_long', 'ma_cross', 'atr', 'status'] as const)
      expect(bars.map((bar) => bar[name])).toEqual(rows.map((row) => columns[name]![row]));
    const newest = await json<BarsAnswer>('bars?symbol=ETH-USDT&limit=1');
    expect(newest.bars).toMatchObject([{ is_open: true, expected_count: 7 }]);
  });

  it('has the precision of the contract, and prices with no more decimals', async () => {
    const { symbols, timeframes } = await json<SymbolsAnswer>('symbols');
    expect(timeframes).toEqual(['21m', '60m']);
    const precision = symbols.find(({ symbol }) => symbol === 'ETH-USDT')!.price_precision!;
    const { bars } = await json<BarsAnswer>('bars?symbol=ETH-USDT');
    expect(bars.length).toBeGreaterThan(100);
    for (const { open, high, low, close } of bars)
      for (const price of [open, high, low, close]) expect(Number(price.toFixed(precision))).toBe(price);
  });

  it('compresses for a client that takes gzip, and says so', async () => {
    const answers = ['gzip', 'identity'].map(async (coding) => {
      const answer = await fetch(`${url}/api/candles?symbol=BTC-USDT&to=2026-11-22`, {
        headers: { 'accept-encoding': coding },
      });
      return { coding: answer.headers.get('content-encoding'), text: await answer.text() };
    });
    const [zipped, plain] = await Promise.all(answers);
    expect([zipped!.coding, plain!.coding]).toEqual(['gzip', null]);
    expect(zipped!.text).toBe(plain!.text);
  });
});
