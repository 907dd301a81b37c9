import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBadRecords } from '../../../packages/core/src/bingx/badRecords.ts';
import { createReceiver } from '../../../packages/core/src/bingx/receiver.ts';
import { Subscriptions } from '../../../packages/core/src/bingx/subscriptions.ts';
import { type MarketStreamEvent, MINUTE_MS, type ReportedEvent } from '../../../packages/core/src/index.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { boundedGunzip } from '../../support/scriptedSockets.ts';

const OPEN = 1761327420000;
const NOW = OPEN + 24_759;
const TEXT =
  '{"code":0,"dataType":"BTC-USDT@kline_1m","s":"BTC-USDT","data":[{"c":"110267.6","o":"110298.6","h":"110298.6","l":"110265.1","v":"2.0741","T":1761327420000}]}';

function receiver() {
  const clock = createManualClock(NOW);
  const events: MarketStreamEvent[] = [];
  const sent: string[] = [];
  const reported: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void reported.push(event);
  const shared = {
    connection: 7,
    market: 'swap',
    interval: '1m',
    emit: (event: MarketStreamEvent) => void events.push(event),
    send: (text: string) => void sent.push(text),
  } as const;
  const subscriptions = new Subscriptions({
    ...shared,
    ...{ symbols: ['BTC-USDT'], clock, report, random: () => 0.5, rejected: new Map() },
  });
  subscriptions.answered({ kind: 'answer', id: '7-0-1', symbol: null, code: 0, message: '' });
  const receive = createReceiver({
    ...shared,
    subscriptions,
    inflate: boundedGunzip,
    exchangeClock: exchangeClockOf(clock),
    refuse: createBadRecords({ clock, report }),
  });
  return { clock, events, sent, reported, receive };
}

describe('a frame', () => {
  test.each([
    ['gzip', gzipSync(TEXT)],
    ['plain bytes', Buffer.from(TEXT)],
    ['text', TEXT],
  ])('as %s becomes an update with the time of its arrival', (_, data) => {
    const { events, receive } = receiver();
    expect(receive(data)).toBe(true);
    expect(events).toMatchObject([
      { kind: 'update', connection: 7, receivedAt: NOW, update: { openTime: OPEN, volume: '2.0741' } },
    ]);
  });

  test('Ping is answered at once with Pong and is a heartbeat (trap 17) (predecessor fault 34)', () => {
    const { events, sent, receive } = receiver();
    receive(gzipSync('Ping'));
    expect(sent).toEqual(['Pong']);
    expect(events).toEqual([{ kind: 'heartbeat', connection: 7, receivedAt: NOW }]);
  });

  test('whose records are all refused is still a heartbeat', () => {
    const { events, receive, reported } = receiver();
    expect(receive(gzipSync(TEXT.replace('"110265.1"', '"-1"')))).toBe(true);
    expect(events).toEqual([{ kind: 'heartbeat', connection: 7, receivedAt: NOW }]);
    expect(reported).toMatchObject([{ kind: 'bad-record', fields: { what: 'wrong number', count: 1 } }]);
  });

  test.each([
    ['is no gzip behind its first two bytes', Uint8Array.of(0x1f, 0x8b, 1, 2, 3)],
    ['is cut', gzipSync(TEXT).subarray(0, 60)],
    ['inflates to more than a megabyte', gzipSync(TEXT + ' '.repeat(1024 * 1024))],
    ['has more than a megabyte', Buffer.from(TEXT + ' '.repeat(1024 * 1024))],
    ['is a text of more than a megabyte', TEXT + ' '.repeat(1024 * 1024)],
    ['is empty', new Uint8Array()],
  ])('that %s is refused, and is no sign of life', (_, data) => {
    const { events, sent, receive, reported } = receiver();
    expect(receive(data)).toBe(false);
    expect({ events, sent }).toEqual({ events: [], sent: [] });
    expect(reported).toMatchObject([{ kind: 'bad-record', fields: { what: 'unreadable frame' } }]);
  });
});

describe('fuzz: no frame throws, and none yields an invalid candle:', () => {
  const check = (data: Uint8Array | string) => {
    const { events, receive } = receiver();
    receive(data);
    for (const event of events) if (event.kind === 'update') expectLegal(event.update);
    return events;
  };

  test('random bytes', () => {
    const magic = fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(0x1f, 0x8b, 8, 0, ...bytes));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), magic), (data) => void check(data)),
      {
        numRuns: 2_000,
      },
    );
  });

  test('random texts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (data) => void check(data)),
      {
        numRuns: 2_000,
      },
    );
  });

  test('gzip cut or bent anywhere', () => {
    const whole = gzipSync(TEXT);
    fc.assert(
      fc.property(
        fc.nat({ max: whole.length }),
        fc.nat({ max: whole.length - 1 }),
        fc.nat({ max: 255 }),
        (cut, at, byte) => {
          const bent = Uint8Array.from(whole);
          bent[at] = byte;
          check(bent);
          check(whole.subarray(0, cut));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('random JSON in the place of any part of a push', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('1', '1.5', 2, '0', '-1', OPEN, OPEN + MINUTE_MS));
    const field = fc.constantFrom('c', 'o', 'h', 'l', 'v', 'T');
    const frame = fc.record({
      field,
      value,
      outer: fc.constantFrom('none', 'data', 's', 'dataType', 'code'),
    });
    let updates = 0;
    fc.assert(
      fc.property(frame, ({ field, value, outer }) => {
        const push = JSON.parse(TEXT);
        push.data[0][field] = value;
        if (outer !== 'none') push[outer] = value;
        updates += check(gzipSync(JSON.stringify(push))).filter(({ kind }) => kind === 'update').length;
      }),
      { numRuns: 3_000 },
    );
    expect(updates).toBeGreaterThan(0);
  });
});

/** 10 kB of JSON, 5,000 arrays deep. */
const NESTED = '['.repeat(5_000) + ']'.repeat(5_000);

describe('nested JSON of 10 kB', () => {
  test.each([
    ['the frame', NESTED],
    ['the data', TEXT.replace(/\[\{.*\}\]/, NESTED)],
    ['a record', TEXT.replace(/\{"c".*\}(?=\])/, NESTED)],
    ['a price', TEXT.replace('"110267.6"', NESTED)],
    ['the time', TEXT.replace(/(?<="T":)\d+/, NESTED)],
    ['the symbol', TEXT.replace(/(?<="s":)"[\w-]+"/, NESTED)],
    ['the topic', TEXT.replace(/(?<="dataType":)"[^"]+"/, NESTED)],
    ['the code', TEXT.replace('"code":0', `"code":${NESTED}`)],
    ['a ping', `{"ping":${NESTED},"time":"now"}`],
    ['the time of a ping', `{"ping":"1","time":${NESTED}}`],
    ['an answer', `{"id":${NESTED},"code":80015,"msg":${NESTED}}`],
  ])('in the place of %s is refused and does not throw', (_, text) => {
    expect(text).toContain(NESTED);
    const { events, receive } = receiver();
    receive(gzipSync(text));
    expect(events.filter(({ kind }) => kind === 'update')).toEqual([]);
    receive(gzipSync(TEXT));
    expect(events.at(-1)).toMatchObject({ kind: 'update' });
  });
});

test('a flood of bad records is one report per kind and minute, with the number of them', () => {
  const { clock, receive, reported } = receiver();
  for (let frame = 0; frame < 1_000; frame++) receive(gzipSync('<html>'));
  for (let frame = 0; frame < 10; frame++) receive(gzipSync(TEXT.replace('2.0741', '-1')));
  expect(reported.map(({ fields }) => [fields?.what, fields?.count])).toEqual([
    ['unreadable frame', 1],
    ['wrong number', 1],
  ]);
  return clock.advance(MINUTE_MS).then(() => {
    receive(gzipSync('<html>'));
    expect(reported.at(-1)?.fields).toMatchObject({ what: 'unreadable frame', count: 1_000 });
  });
});

test('a bad record cannot break the log: its sample is short and escaped', () => {
  const { receive, reported } = receiver();
  receive(`\u001b[2J\n${'x'.repeat(10_000)}`);
  const sample = String(reported[0]?.fields?.sample);
  expect(sample.length).toBeLessThan(200);
  expect(sample).toMatch(/^"\\u001b\[2J\\n/);
});

function expectLegal(update: Extract<MarketStreamEvent, { kind: 'update' }>['update']): void {
  const { open, high, low, close, volume } = update;
  const prices = [open, high, low, close].map(Number);
  expect(prices.every((price) => price > 0 && Number.isFinite(price))).toBe(true);
  expect(Number(low) <= Number(high) && Number(volume) >= 0).toBe(true);
  expect(update.symbol).toBe('BTC-USDT');
  expect(update.openTime % MINUTE_MS).toBe(0);
}
