import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { klineTopic, parseMessage, subscribeText } from '../../../packages/core/src/bingx/messages.ts';
import { HOUR_MS, MINUTE_MS } from '../../../packages/core/src/index.ts';

const OPEN = 1761327420000;
const NOW = OPEN + 24_759;
const DATA = { c: '110267.6', o: '110298.6', h: '110298.6', l: '110265.1', v: '2.0741', T: OPEN };
const PUSH = { code: 0, dataType: 'BTC-USDT@kline_1m', s: 'BTC-USDT', data: [DATA] };
const UPDATE = {
  symbol: 'BTC-USDT',
  openTime: OPEN,
  open: '110298.6',
  high: '110298.6',
  low: '110265.1',
  close: '110267.6',
  volume: '2.0741',
};

function read(frame: unknown, now = NOW) {
  const refused: string[] = [];
  const message = parseMessage(typeof frame === 'string' ? frame : JSON.stringify(frame), {
    intervalMs: MINUTE_MS,
    now,
    topics: new Map([['BTC-USDT@kline_1m', 'BTC-USDT']]),
    refuse: (kind) => void refused.push(kind),
  });
  return { message, refused };
}

function fixture(name: string) {
  return JSON.parse(readFileSync(new URL(`../../fixtures/bingx/${name}`, import.meta.url), 'utf8'));
}

describe('a push', () => {
  test('names the candle by its open time (trap 9) (trap 10)', () => {
    expect(read(PUSH)).toEqual({ message: { kind: 'updates', updates: [UPDATE] }, refused: [] });
  });

  test.each([
    ['data as an object (trap 10)', { ...PUSH, data: DATA }],
    ['data as an object with K, as one page has it (trap 32)', { ...PUSH, data: { e: 'kline', K: DATA } }],
    ['T as inclusive close time (trap 9)', { ...PUSH, data: [{ ...DATA, T: OPEN + 59_999 }] }],
    ['JSON numbers (trap 8)', { ...PUSH, data: [{ ...DATA, c: 110267.6, v: 2.0741 }] }],
    ['no symbol beside the topic', { ...PUSH, s: undefined }],
    ['more fields than we know', { ...PUSH, timestamp: 1, data: [{ ...DATA, n: 5, x: true }] }],
  ])('is the same update with %s', (_, frame) => {
    expect(read(frame)).toEqual({ message: { kind: 'updates', updates: [UPDATE] }, refused: [] });
  });

  test('of several records keeps the good ones and refuses the bad', () => {
    const frame = { ...PUSH, data: [{ ...DATA, c: '-1' }, DATA, null, { ...DATA, v: '3.0' }] };
    const { message, refused } = read(frame);
    expect(message).toEqual({ kind: 'updates', updates: [UPDATE, { ...UPDATE, volume: '3' }] });
    expect(refused).toEqual(['wrong number', 'wrong shape']);
  });

  test('of more than 100 records reads the first 100', () => {
    const data = Array.from({ length: 101 }, (_, index) => ({ ...DATA, v: String(index + 1) }));
    const { message, refused } = read({ ...PUSH, data });
    expect(message).toMatchObject({ updates: { length: 100, 99: { volume: '100' } } });
    expect(refused).toEqual(['too many records']);
  });

  test('recorded by three other clients reads as they noted it', () => {
    const recorded = fixture('ws-recorded-frames-misc.json') as {
      origin: string;
      frame: { dataType?: string };
    }[];
    const linear = recorded.find(({ origin }) => origin.includes('linear swap'))!;
    // 2023-08-01T16:33Z, from the comment in ccxt.
    expect(read(linear.frame, 1690907580000 + 20_000)).toEqual({
      message: {
        kind: 'updates',
        updates: [
          {
            symbol: 'BTC-USDT',
            openTime: Date.UTC(2023, 7, 1, 16, 33),
            open: '28915.4',
            high: '28915.4',
            low: '28896.1',
            close: '28909',
            volume: '27.6919',
          },
        ],
      },
      refused: [],
    });
  });

  test('of the official sample reads, with its T as the open time', () => {
    const { push } = fixture('ws-swap-kline-docs.json');
    const { message } = read(push, push.data[0].T + 1_000);
    expect(message).toMatchObject({
      updates: [{ openTime: 1759997460000, close: '121697.7', volume: '5.8244' }],
    });
  });

  test.each([
    ['a symbol that was not asked for', { ...PUSH, dataType: 'ETH-USDT@kline_1m', s: 'ETH-USDT' }],
    ['another interval', { ...PUSH, dataType: 'BTC-USDT@kline_3m' }],
    ['another channel', { ...PUSH, dataType: 'BTC-USDT@depth5@500ms' }],
    ['a symbol that is not its topic’s', { ...PUSH, s: 'ETH-USDT' }],
    ['a topic named like a property of every object', { ...PUSH, dataType: '__proto__' }],
  ])('of %s is refused (predecessor fault 33)', (_, frame) => {
    expect(read(frame)).toEqual({ message: { kind: 'updates', updates: [] }, refused: ['wrong symbol'] });
  });

  test('of a candle that ended more than an hour ago is refused', () => {
    expect(read(PUSH, OPEN + MINUTE_MS + HOUR_MS).refused).toEqual([]);
    expect(read(PUSH, OPEN + MINUTE_MS + HOUR_MS + 1).refused).toEqual(['too old']);
  });

  test('of a candle that has not begun is refused', () => {
    expect(read(PUSH, OPEN - MINUTE_MS).refused).toEqual(['in the future']);
  });
});

describe('a heartbeat', () => {
  test('is the text Ping, and is answered with the text Pong (trap 17)', () => {
    expect(read('Ping')).toEqual({ message: { kind: 'ping', reply: 'Pong' }, refused: [] });
  });

  test('in JSON is answered with its own id and time (trap 19) (predecessor fault 32)', () => {
    const recorded = fixture('ws-recorded-frames-misc.json') as { origin: string; frame: object }[];
    const { frame } = recorded.find(({ origin }) => origin.includes('JSON ping'))!;
    expect(read(frame).message).toEqual({
      kind: 'ping',
      reply: '{"pong":"5963ba3db76049b2870f9a686b2ebaac","time":"2023-10-02T18:51:55.089+0800"}',
    });
  });

  test('too long to be one is not echoed', () => {
    expect(read({ ping: 'x'.repeat(1_000), time: '' })).toEqual({
      message: { kind: 'updates', updates: [] },
      refused: ['wrong shape'],
    });
  });
});

describe('an answer', () => {
  test('keeps at most 200 characters of its text', () => {
    const { message } = read({ id: '1', code: 80015, msg: 'x'.repeat(10_000) });
    expect(message).toMatchObject({ kind: 'answer', message: 'x'.repeat(200) });
  });

  test.each([
    ['as recorded', { id: 'a-1', code: 0, msg: '', dataType: '', data: null }, ''],
    [
      'with SUCCESS and a timestamp',
      { code: 0, id: 'a-1', msg: 'SUCCESS', timestamp: 1760066281286 },
      'SUCCESS',
    ],
    ['bare', { id: 'a-1', code: 0, msg: '' }, ''],
    ['with an empty object as data', { id: 'a-1', code: 0, msg: '', dataType: '', data: {} }, ''],
    ['with the code as text', { id: 'a-1', code: '0', msg: '' }, ''],
  ])('%s is a yes (trap 21)', (_, frame, message) => {
    expect(read(frame).message).toEqual({ kind: 'answer', id: 'a-1', symbol: null, code: 0, message });
  });

  test('with a code is a no, and says to what by id or by topic (trap 22) (predecessor fault 28)', () => {
    expect(read({ id: 'a-1', code: 80015, msg: 'not supported' }).message).toEqual({
      kind: 'answer',
      id: 'a-1',
      symbol: null,
      code: 80015,
      message: 'not supported',
    });
    expect(read({ ...PUSH, code: 80015 }).message).toMatchObject({ kind: 'answer', code: 80015 });
    const unnamed = { code: 80015, msg: 'no', dataType: 'BTC-USDT@kline_1m', data: null };
    expect(read(unnamed).message).toMatchObject({
      kind: 'answer',
      id: null,
      symbol: 'BTC-USDT',
      code: 80015,
    });
  });
});

test.each([
  ['no JSON', '<html>'],
  ['cut JSON', '{"code":0,"da'],
  ['nothing', ''],
  ['a number', '7'],
  ['null', 'null'],
  ['an array', '[]'],
  ['a text', '"Ping"'],
])('%s is unreadable, and no sign of life', (_, text) => {
  expect(read(text)).toEqual({ message: { kind: 'unreadable' }, refused: ['unreadable frame'] });
});

test.each([
  [{}],
  [{ code: 0 }],
  [{ code: 'x', id: '1' }],
  [{ code: 0, dataType: 'BTC-USDT@kline_1m', data: null }],
])('%j is JSON without a meaning', (frame) => {
  expect(read(frame)).toEqual({ message: { kind: 'updates', updates: [] }, refused: ['wrong shape'] });
});

test('a subscription is the message that the recording sent', () => {
  const { sent } = fixture('ws-swap-capture-2025-10-24.json') as { sent: { id: string; dataType: string }[] };
  const kline = sent.find(({ dataType }) => dataType === 'BTC-USDT@kline_1m')!;
  expect(
    JSON.parse(subscribeText(kline.id, klineTopic({ market: 'swap', symbol: 'BTC-USDT', interval: '1m' }))),
  ).toEqual(kline);
});
