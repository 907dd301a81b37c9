import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CandleUpdate,
  CLOCK_TOLERANCE_MS,
  type ClosedCandle,
  Closer,
  MINUTE_MS,
  SETTLE_DELAY_MS,
} from '../../../packages/core/src/index.ts';

const OPEN = Date.UTC(2026, 10, 22, 12, 0);
const CLOSE = OPEN + MINUTE_MS;

function update(openTime: number, volume: string, symbol = 'BTC-USDT'): CandleUpdate {
  return { symbol, openTime, open: '100', high: '103', low: '99', close: '101.5', volume };
}

/** What of a closed candle tells it apart here. */
function brief(closed: readonly ClosedCandle[]): string[] {
  return closed.map(
    ({ symbol, candle }) => `${symbol} +${(candle.openTime - OPEN) / MINUTE_MS}m v${candle.volume}`,
  );
}

describe('a candle closes', () => {
  test('when a newer open time arrives, as a provisional candle of the stream (trap 11) (trap 13)', () => {
    const closer = new Closer('1m');
    expect(closer.update(update(OPEN, '1'), 1, OPEN + 3_000)).toEqual([]);
    expect(closer.update(update(OPEN, '2.5'), 1, OPEN + 59_000)).toEqual([]);
    expect(closer.update(update(CLOSE, '0.1'), 1, CLOSE + 2_600)).toEqual([
      {
        symbol: 'BTC-USDT',
        candle: {
          openTime: OPEN,
          open: '100',
          high: '103',
          low: '99',
          close: '101.5',
          volume: '2.5',
          status: 'provisional',
          source: 'stream',
          observed: 0,
        },
      },
    ]);
  });

  test('by the clock alone when no newer one comes (trap 11) (predecessor fault 8)', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 3_000);
    closer.heartbeat(1, CLOSE + 1_000);
    expect(closer.tick(CLOSE + SETTLE_DELAY_MS - 1)).toEqual([]);
    expect(brief(closer.tick(CLOSE + SETTLE_DELAY_MS))).toEqual(['BTC-USDT +0m v1']);
    expect(closer.tick(CLOSE + SETTLE_DELAY_MS + 1_000)).toEqual([]);
  });

  test('not when its last update is irregular: the slot waits for history (trap 37)', () => {
    const closer = new Closer('1m');
    const irregular = { ...update(OPEN, '2'), close: '103.1' };
    closer.update(update(OPEN, '1'), 1, OPEN + 3_000);
    closer.update(irregular, 1, OPEN + 59_000);
    expect(closer.update(update(CLOSE, '0.1'), 1, CLOSE + 2_600)).toEqual([]);
    // A later regular view of it counts, a later irregular one does not.
    expect(closer.update(irregular, 1, CLOSE + 2_700)).toEqual([]);
    expect(brief(closer.update(update(OPEN, '2.5'), 1, CLOSE + 2_800))).toEqual(['BTC-USDT +0m v2.5']);
  });

  test('when only an earlier update was irregular', () => {
    const closer = new Closer('1m');
    closer.update({ ...update(OPEN, '1'), open: '98.9' }, 1, OPEN + 3_000);
    closer.update(update(OPEN, '2'), 1, OPEN + 59_000);
    closer.heartbeat(1, CLOSE + 1_000);
    expect(brief(closer.tick(CLOSE + SETTLE_DELAY_MS))).toEqual(['BTC-USDT +0m v2']);
  });

  test('not before its last update could arrive, half a second after its end (trap 12)', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 3_000);
    expect(closer.tick(CLOSE + 400)).toEqual([]);
    expect(closer.update(update(OPEN, '1.2'), 1, CLOSE + 490)).toEqual([]);
    expect(closer.tick(CLOSE + 1_000)).toEqual([]);
    expect(brief(closer.tick(CLOSE + 5_000))).toEqual(['BTC-USDT +0m v1.2']);
  });

  test('once, when the clock closed it and a newer open time follows', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 3_000);
    closer.heartbeat(1, CLOSE);
    expect(closer.tick(CLOSE + 5_000)).toHaveLength(1);
    expect(closer.update(update(CLOSE + MINUTE_MS, '1'), 1, CLOSE + 62_600)).toEqual([]);
  });

  test('when an open time is skipped, and nothing is made up for the one between (predecessor fault 10)', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 3_000);
    const closed = closer.update(update(OPEN + 5 * MINUTE_MS, '2'), 1, OPEN + 5 * MINUTE_MS + 2_600);
    expect(brief(closed)).toEqual(['BTC-USDT +0m v1']);
  });
});

describe('a link that died in mid-candle publishes nothing', () => {
  test('a candle without a frame at or after its close waits, and comes with the next frame', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, CLOSE - 1);
    expect(closer.tick(CLOSE + SETTLE_DELAY_MS)).toEqual([]);
    expect(closer.tick(CLOSE + 30_000)).toEqual([]);
    expect(brief(closer.heartbeat(1, CLOSE + 31_000))).toEqual(['BTC-USDT +0m v1']);
    expect(closer.heartbeat(1, CLOSE + 32_000)).toEqual([]);
  });

  test('a frame exactly at the close is proof, one a millisecond before is none', () => {
    for (const [frameAt, expected] of [
      [CLOSE, 1],
      [CLOSE - 1, 0],
    ] as const) {
      const closer = new Closer('1m');
      closer.update(update(OPEN, '1'), 1, OPEN + 3_000);
      closer.heartbeat(1, frameAt);
      expect(closer.tick(CLOSE + SETTLE_DELAY_MS)).toHaveLength(expected);
    }
  });

  test('a disconnection drops the open update, and the next link does not flush it (trap 33) (predecessor fault 6)', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.disconnect(1);
    expect(closer.update(update(CLOSE, '0.3'), 2, CLOSE + 30_000)).toEqual([]);
    expect(closer.tick(CLOSE + 31_000)).toEqual([]);
    const next = closer.update(update(CLOSE + MINUTE_MS, '0.1'), 2, CLOSE + 62_600);
    expect(brief(next)).toEqual(['BTC-USDT +1m v0.3']);
  });

  test('a disconnection leaves the candles of other links as they are', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.update(update(OPEN, '2', 'ETH-USDT'), 2, OPEN + 20_000);
    closer.disconnect(1);
    closer.heartbeat(2, CLOSE);
    expect(brief(closer.tick(CLOSE + SETTLE_DELAY_MS))).toEqual(['ETH-USDT +0m v2']);
  });

  test('all candles of a link that wait for its frame come with it', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.update(update(OPEN, '2', 'ETH-USDT'), 1, OPEN + 20_000);
    closer.tick(CLOSE + SETTLE_DELAY_MS);
    expect(brief(closer.heartbeat(1, CLOSE + 31_000))).toEqual(['BTC-USDT +0m v1', 'ETH-USDT +0m v2']);
  });

  test('a candle that waits comes with a frame exactly at its close', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.tick(CLOSE + SETTLE_DELAY_MS);
    expect(closer.heartbeat(1, CLOSE - 1)).toEqual([]);
    expect(brief(closer.heartbeat(1, CLOSE))).toEqual(['BTC-USDT +0m v1']);
  });

  test('a disconnection drops a candle that waits for its frame', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.tick(CLOSE + SETTLE_DELAY_MS);
    closer.disconnect(1);
    expect(closer.heartbeat(1, CLOSE + 10_000)).toEqual([]);
  });

  test('another connection’s frames prove nothing', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.heartbeat(2, CLOSE + 4_000);
    expect(closer.tick(CLOSE + SETTLE_DELAY_MS)).toEqual([]);
    expect(closer.update(update(CLOSE, '5'), 2, CLOSE + 6_000)).toEqual([]);
    expect(brief(closer.heartbeat(1, CLOSE + 7_000))).toEqual(['BTC-USDT +0m v1']);
  });

  test('an update that is whole again after a reconnection closes as usual', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.disconnect(1);
    closer.update(update(OPEN, '3'), 2, OPEN + 40_000);
    expect(brief(closer.update(update(CLOSE, '0.1'), 2, CLOSE + 2_600))).toEqual(['BTC-USDT +0m v3']);
  });
});

describe('updates out of order', () => {
  test('a later update of a closed candle comes out again, whatever closed it', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    expect(brief(closer.update(update(CLOSE, '0.1'), 1, CLOSE + 300))).toEqual(['BTC-USDT +0m v1']);
    expect(brief(closer.update(update(OPEN, '1.4'), 1, CLOSE + 500))).toEqual(['BTC-USDT +0m v1.4']);
    closer.heartbeat(1, CLOSE + MINUTE_MS);
    closer.tick(CLOSE + MINUTE_MS + SETTLE_DELAY_MS);
    expect(brief(closer.update(update(CLOSE, '0.7'), 1, CLOSE + MINUTE_MS + 9_000))).toEqual([
      'BTC-USDT +1m v0.7',
    ]);
  });

  test('an older update does not reopen its candle nor move the open one back', () => {
    const closer = new Closer('1m');
    closer.update(update(CLOSE, '5'), 1, CLOSE + 3_000);
    expect(brief(closer.update(update(OPEN, '1'), 1, CLOSE + 4_000))).toEqual(['BTC-USDT +0m v1']);
    expect(brief(closer.update(update(CLOSE + MINUTE_MS, '0'), 1, CLOSE + 62_600))).toEqual([
      'BTC-USDT +1m v5',
    ]);
  });

  test('an update from the future closes nothing and is forgotten', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    const future = OPEN + 21_000 + CLOCK_TOLERANCE_MS + 1;
    expect(closer.update(update(future, '9'), 1, OPEN + 21_000)).toEqual([]);
    closer.update(update(OPEN, '2'), 1, OPEN + 59_000);
    expect(closer.heartbeat(1, CLOSE + 100)).toEqual([]);
    expect(brief(closer.update(update(CLOSE, '0'), 1, CLOSE + 2_600))).toEqual(['BTC-USDT +0m v2']);
  });

  test('an update that opens as late as our clock may be wrong counts', () => {
    const closer = new Closer('1m');
    const early = CLOSE - CLOCK_TOLERANCE_MS;
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    closer.update(update(CLOSE, '9'), 1, early);
    expect(brief(closer.heartbeat(1, CLOSE))).toEqual(['BTC-USDT +0m v1']);
  });

  test('a frame that is handed over after a later one takes nothing back', () => {
    const closer = new Closer('1m');
    closer.heartbeat(1, CLOSE + 100);
    closer.update(update(OPEN, '1'), 1, CLOSE - 50);
    expect(brief(closer.tick(CLOSE + SETTLE_DELAY_MS))).toEqual(['BTC-USDT +0m v1']);
  });

  test('a clock of ours that is a little slow delays a candle until its link is seen past the close', () => {
    const closer = new Closer('1m');
    closer.update(update(OPEN, '1'), 1, OPEN + 20_000);
    expect(closer.update(update(CLOSE, '0'), 1, CLOSE - 400)).toEqual([]);
    expect(closer.update(update(OPEN, '1.1'), 1, CLOSE - 300)).toEqual([]);
    expect(brief(closer.heartbeat(1, CLOSE + 100))).toEqual(['BTC-USDT +0m v1.1']);
  });
});

// ---- laws ---------------------------------------------------------------------------------------------------------------

type Step =
  | { kind: 'update'; symbol: string; candle: number; connection: number; after: number }
  | { kind: 'heartbeat'; connection: number; after: number }
  | { kind: 'tick'; after: number }
  | { kind: 'disconnect'; connection: number; after: number };

const connection = fc.integer({ min: 1, max: 3 });
const after = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 70_000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      symbol: fc.constantFrom('A', 'B'),
      candle: fc.integer({ min: 0, max: 5 }),
      connection,
      after,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), connection, after }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tick' as const), after }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disconnect' as const), connection, after }) },
);

interface Emission extends ClosedCandle {
  readonly step: number;
}

/** Plays steps; the volume of an update is its step number, so that every update is known by its volume. */
function play(closer: Closer, steps: readonly Step[]): Emission[] {
  const emitted: Emission[] = [];
  let now = OPEN;
  for (const [index, one] of steps.entries()) {
    now += one.after;
    emitted.push(...playStep(closer, one, now, index).map((closed) => ({ ...closed, step: index })));
  }
  return emitted;
}

function playStep(closer: Closer, one: Step, now: number, index: number): readonly ClosedCandle[] {
  if (one.kind === 'tick') return closer.tick(now);
  if (one.kind === 'disconnect') {
    closer.disconnect(one.connection);
    return [];
  }
  if (one.kind === 'heartbeat') return closer.heartbeat(one.connection, now);
  const openTime = OPEN + one.candle * MINUTE_MS;
  return closer.update(update(openTime, `${index}`, one.symbol), one.connection, now);
}

describe('any interleaving', () => {
  test('closes only what a frame of the same living link, at or after the close, has vouched for', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const times = arrivals(steps);
        for (const { candle, step: at } of play(new Closer('1m'), steps)) {
          const from = Number(candle.volume);
          const source = steps[from] as Extract<Step, { kind: 'update' }>;
          const vouched = steps.some(
            (other, index) =>
              index >= from &&
              index <= at &&
              (other.kind === 'update' || other.kind === 'heartbeat') &&
              other.connection === source.connection &&
              times[index]! >= candle.openTime + MINUTE_MS,
          );
          const died = steps.some(
            (other, index) =>
              index > from &&
              index <= at &&
              other.kind === 'disconnect' &&
              other.connection === source.connection,
          );
          expect({ vouched, died }).toEqual({ vouched: true, died: false });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('closes only what is over: a newer open time was seen, or the clock is past the settle delay', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const times = arrivals(steps);
        for (const { symbol, candle, step: at } of play(new Closer('1m'), steps)) {
          const over = steps.slice(0, at + 1).some((other, index) => {
            if (other.kind === 'tick') return times[index]! >= candle.openTime + MINUTE_MS + SETTLE_DELAY_MS;
            if (other.kind !== 'update' || other.symbol !== symbol) return false;
            return OPEN + other.candle * MINUTE_MS > candle.openTime;
          });
          expect(over).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('treats each symbol as if the other’s updates were mere signs of life', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const together = play(new Closer('1m'), steps).filter(({ symbol }) => symbol === 'A');
        const alone = steps.map((one): Step => {
          if (one.kind !== 'update' || one.symbol === 'A') return one;
          return { kind: 'heartbeat', connection: one.connection, after: one.after };
        });
        expect(together).toEqual(play(new Closer('1m'), alone));
      }),
      { numRuns: 2_000 },
    );
  });

  test('on one link that lives, every candle that was seen closes with its last update', () => {
    const candles = fc.array(fc.array(fc.integer({ min: 2_600, max: 60_400 }), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(candles, (updates) => {
        const closer = new Closer('1m');
        const frames = updates.flatMap((offsets, candle) =>
          offsets.map((offset) => ({ candle, at: OPEN + candle * MINUTE_MS + offset })),
        );
        frames.sort((a, b) => a.at - b.at || a.candle - b.candle);
        const last = new Map<number, string>();
        const expected = new Map<number, string>();
        for (let now = OPEN; now <= OPEN + 8 * MINUTE_MS; now += 100) {
          const closed: ClosedCandle[] = [];
          for (const [index, { candle, at }] of frames.entries()) {
            if (at < now - 99 || at > now) continue;
            const openTime = OPEN + candle * MINUTE_MS;
            expected.set(openTime, `${index}`);
            closed.push(...closer.update(update(openTime, `${index}`), 1, at));
          }
          if (now % 5_000 === 0) closed.push(...closer.heartbeat(1, now));
          if (now % 1_000 === 0) closed.push(...closer.tick(now));
          for (const { candle } of closed) last.set(candle.openTime, candle.volume);
        }
        expect([...last].sort()).toEqual([...expected].sort());
      }),
      { numRuns: 200 },
    );
  });
});

function arrivals(steps: readonly Step[]): number[] {
  let now = OPEN;
  return steps.map((one) => {
    now += one.after;
    return now;
  });
}
