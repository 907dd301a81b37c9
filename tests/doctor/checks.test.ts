import { readFileSync } from 'node:fs';
import type { Faults } from '@candlelake/exchange-sim';
import { expect, it } from 'vitest';
import { CALM, examineStandIn, STARTS_AT } from './doctorRun.ts';

const DAY = 86_400_000;

interface FaultOfCheck {
  readonly name: string;
  readonly faults: Partial<Faults>;
  readonly problem: RegExp;
  readonly needs?: readonly string[];
}

/** For each check a fault of the stand-in that makes it fail, and what is said then. */
const FAULTS: readonly FaultOfCheck[] = [
  { name: 'REST host', faults: { rest: 'http500' }, problem: /no host answers: .+ HTTP 500/ },
  {
    name: 'clock',
    faults: { serverTimeOffsetMs: 60_000 },
    problem: /expected at most 2 s: set this machine's clock/,
  },
  { name: 'server time', faults: { dateOffsetMs: 60_000 }, problem: /expected at most 5 s/ },
  {
    name: 'contracts',
    faults: { contracts: [{ symbol: 'BTC-USDT', listed: false }] },
    problem: /"BTC-USDT" is not listed; the nearest: ETH-USDT/,
  },
  {
    name: 'row shape',
    faults: { badRows: { kinds: ['highBelowLow'], share: 1, instead: true } },
    problem: /^\d+ rows are no candles, the first \{/,
  },
  { name: 'row order', faults: { restData: 'ascending' }, problem: /expected newest first/ },
  { name: 'open candle', faults: { vanishingNewest: 1 }, problem: /expected the open candle as newest row/ },
  { name: 'row cap', faults: { maxRows: 500 }, problem: /expected 1000/ },
  { name: 'range', faults: { bounds: 'endInclusive' }, problem: /expected the end to be exclusive/ },
  {
    name: 'retention',
    faults: { historyFrom: STARTS_AT - 2 * DAY },
    problem: /expected the 3 days of --history-days/,
  },
  { name: 'rate limit', faults: { rateHeaders: 'none' }, problem: /expected X-RateLimit-Requests-Remain/ },
  { name: 'handshake', faults: { connect: 'forbidden' }, problem: /no connection: .+ 403/ },
  {
    name: 'subscription',
    faults: { refusedTopics: ['BTC-USDT'] },
    problem: /expected code 0; the exchange says "dataType not support"/,
  },
  { name: 'rejection', faults: { unknownTopic: 'accepted' }, problem: /expected 80015/ },
  { name: 'first data', faults: { muted: 'all' }, problem: /expected within 5.0 s/, needs: ['subscription'] },
  {
    name: 'push shape',
    faults: { streamTime: 'close' },
    problem: /expected "T" to be the open time/,
    needs: ['subscription', 'first data'],
  },
  {
    name: 'gzip',
    faults: { streamEncoding: 'text' },
    problem: /expected all frames in gzip/,
    needs: ['subscription'],
  },
  { name: 'ping period', faults: { silent: true }, problem: /expected one every 5 s/ },
  {
    name: "candle's close",
    faults: { stale: [{ afterMs: null }] },
    problem: /expected history's volume within 1 %|expected the prices of history/,
    needs: ['subscription', 'first data'],
  },
];

/** What every check of its side needs. */
const BASE = ['REST host', 'clock', 'handshake'];

it.concurrent.each(FAULTS)(
  '$name differs, and says so, under a fault of the stand-in',
  async ({ name, faults, problem, needs = [] }) => {
    const names = [...new Set([...BASE, ...needs, name])];
    const isBase = BASE.includes(name);
    const results = await examineStandIn({ faults, names: isBase ? [...BASE, name] : names });
    const result = results.find((one) => one.name === name)!;
    expect(result.verdict, JSON.stringify(results)).toBe('differs');
    expect(result.problem).toMatch(problem);
  },
);

it('every check has such a fault', async () => {
  const results = await examineStandIn({ speed: CALM });
  expect(results.map(({ name }) => name).sort()).toEqual(FAULTS.map(({ name }) => name).sort());
  expect(results.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  const headings = [...readFileSync('docs/bingx.md', 'utf8').matchAll(/^## (.+)$/gm)].map(([, text]) => text);
  for (const { assumption } of results) expect(headings).toContain(assumption);
});

it('spot is examined by its own routes and shapes', async () => {
  const judged = [
    'REST host',
    'contracts',
    'row shape',
    'row order',
    'handshake',
    'subscription',
    'rejection',
  ];
  const names = [...judged, 'first data', 'push shape'];
  // The first push may be 20 s late: four seconds here.
  const results = await examineStandIn({ market: 'spot', names, speed: 5 });
  const of = (name: string) => results.find((one) => one.name === name)!;
  expect([...judged, 'push shape'].map((name) => [name, of(name).problem])).toEqual(
    [...judged, 'push shape'].map((name) => [name, null]),
  );
  expect(of('contracts').measured).toBe('2 listed');
  expect(of('push shape').measured).toMatch(/^\d+ pushes with T, c, h, i, l, n, o, q, s, t, v$/);
});

it('the fallback host is tried when the first does not answer, and said so', async () => {
  const results = await examineStandIn({ deadUrl: 'http://127.0.0.1:9', names: ['REST host', 'clock'] });
  expect(results[0]).toMatchObject({ verdict: 'differs' });
  expect(results[0]!.problem).toMatch(/^127\.0\.0\.1:9: connection failed \(ECONNREFUSED\)/);
  expect(results[1]!.verdict).toBe('ok');
});

it('what needs a connection that failed is not run, not wrong', async () => {
  const results = await examineStandIn({
    faults: { connect: 'drop' },
    names: ['handshake', 'subscription', 'gzip', "candle's close"],
  });
  expect(results.map(({ verdict }) => verdict)).toEqual(['differs', 'not run', 'not run', 'not run']);
});
