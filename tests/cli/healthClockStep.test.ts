import { parseSettings, StatusBoard } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { healthOfStream } from '../../packages/cli/src/commands/streamHealth.ts';
import { createMetrics } from '../../packages/cli/src/http/metrics.ts';
import { createLoopRig, type LoopRig, SECOND, SYMBOL } from '../core/derive/derivationLoopRig.ts';

const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const settings = parseSettings({});

let rig: LoopRig;

beforeEach(async () => {
  rig = await createLoopRig();
});
afterEach(() => rig.end());

/** A machine whose wall clock can be set, and that started a second ago: its monotonic clock began there. */
function createMachine() {
  const bootedAt = rig.clock.now() - SECOND;
  let wallErrorMs = 0;
  const monotonic = () => rig.clock.now() - bootedAt;
  const clock = { ...rig.clock, monotonic, now: () => rig.clock.now() + wallErrorMs };
  return { clock, setWall: (errorMs: number) => (wallErrorMs = errorMs) };
}

/** A stream on the machine that lacks nothing but, perhaps, its lake; exchange time is the true time. */
async function startStream(put?: () => Promise<never>) {
  const { clock, setWall } = createMachine();
  const loop = await rig.start({ clock, ...(put && { objects: { ...rig.lake.objects, put } }) });
  const board = new StatusBoard([SYMBOL.symbol], rig.clock.now());
  board.event({ kind: 'connected', connection: 1, symbols: [SYMBOL.symbol] }, rig.clock.now());
  board.reached(true);
  const status = () => board.read(loop.status());
  const stream = { status, exchangeNow: rig.clock.now, alerts: () => [], storeProblem: () => null };
  const metrics = createMetrics(clock);
  const lagSeconds = async () => {
    const { body } = await metrics.render(status());
    return Number(/^candlelake_lake_lag_seconds (.+)$/m.exec(body)![1]);
  };
  return { status, setWall, lagSeconds, health: () => healthOfStream(stream, settings, clock) };
}

/** A write that does not end before the loop is stopped. */
function untilStopped(): Promise<never> {
  const { signal } = rig.stop;
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('a wall clock that is set %s by an hour', (_direction, step) => {
  test('makes no lag of a lake that is up to date', async () => {
    const { status, setWall, lagSeconds, health } = await startStream();
    await rig.change();
    await rig.clock.advance(MINUTE);
    expect(status().lake).toMatchObject({ dirtyDays: 0, oldestDirtySince: null });
    setWall(step);
    expect([health().status, await lagSeconds()]).toEqual(['ok', 0]);
    await rig.clock.advance(10 * MINUTE);
    expect([health().status, await lagSeconds()]).toEqual(['ok', 0]);
  });

  test('makes no lag of a lake that waits for its next rewrite', async () => {
    const { status, setWall, lagSeconds, health } = await startStream();
    await rig.clock.advance(MINUTE);
    await rig.change();
    await rig.clock.advance(SECOND);
    // A partition is rewritten at most once in half a minute.
    await rig.change();
    await rig.clock.advance(10 * SECOND);
    expect(status().lake.dirtyDays).toBe(1);
    setWall(step);
    expect([health().status, await lagSeconds()]).toEqual(['ok', 10]);
    await rig.clock.advance(MINUTE);
    expect(status().lake).toMatchObject({ dirtyDays: 0, oldestDirtySince: null });
    expect(health().status).toBe('ok');
  });

  test('does not hide a lake that lags, nor move the time since when it does', async () => {
    const { setWall, lagSeconds, health } = await startStream(untilStopped);
    await rig.change();
    // The derivation starts after a second of gathering, and its first write does not end.
    await rig.clock.advance(MINUTE);
    const since = rig.clock.now();
    await rig.change();
    await rig.clock.advance(5 * MINUTE);
    setWall(step);
    expect(health().status).toBe('ok');
    await rig.clock.advance(SECOND);
    expect(health()).toMatchObject({
      status: 'unhealthy',
      reason: `the lake lags behind the store since ${new Date(since).toISOString().slice(0, 16)}Z`,
    });
    expect(await lagSeconds()).toBe(301);
  });
});
