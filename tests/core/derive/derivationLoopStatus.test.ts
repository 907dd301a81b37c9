import { RetryableError } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COARSE, coarseCandles, createTestLake, DAY, DAY_ONE } from '../../support/lake.ts';
import { createLoopRig, type LoopRig, SECOND, SYMBOL } from './derivationLoopRig.ts';

const full = new RetryableError('the disk is full');
let rig: LoopRig;

beforeEach(async () => {
  rig = await createLoopRig();
});
afterEach(() => rig.end());

const marks = async () => (await rig.lake.store.dirtyDays()).length;

describe('a lake that cannot be written', () => {
  test('is reported once, in one line, and nothing is lost (predecessor fault 40)', async () => {
    rig.disk.failing = full;
    const loop = await rig.start();
    await rig.change();
    await rig.clock.advance(20 * 60 * SECOND);
    expect(rig.events).toEqual([
      {
        level: 'error',
        kind: 'lake-failed',
        message: expect.stringMatching(/^the lake could not.*: the disk is full$/),
      },
    ]);
    expect(await marks()).toBe(2);
    expect(loop.status().lastError).toBe('the disk is full');
    rig.disk.failing = null;
    await rig.clock.advance(5 * 60 * SECOND);
    expect(loop.status()).toMatchObject({ lastError: null, dirtyDays: 0, oldestDirtySince: null });
    const untroubled = await createTestLake(COARSE, DAY_ONE + 2 * DAY);
    const { candles } = await rig.lake.store.readDay(SYMBOL, DAY_ONE);
    await untroubled.store.merge([{ series: SYMBOL, candles }]);
    await untroubled.derive();
    expect(await rig.lake.read()).toEqual(await untroubled.read());
  });

  test('is tried again after ever longer waits, up to five minutes', async () => {
    // Several objects are put at the same time.
    const times = new Set<number>();
    const put = async () => {
      times.add(rig.clock.now());
      throw full;
    };
    await rig.start({ objects: { ...rig.lake.objects, put } });
    await rig.change();
    await rig.clock.advance(30 * 60 * SECOND);
    const tries = [...times];
    const waits = tries.slice(1).map((time, i) => (time - tries[i]!) / SECOND);
    expect(waits.slice(0, 6)).toEqual([30, 60, 120, 240, 300, 300]);
  });

  test('is reported again when the reason is another one', async () => {
    rig.disk.failing = full;
    await rig.start();
    await rig.change();
    await rig.clock.advance(2 * SECOND);
    rig.disk.failing = new Error('no permission');
    await rig.clock.advance(100 * SECOND);
    const reasons = rig.events.map(({ message }) => message.split(': ').at(-1));
    expect(reasons).toEqual(['the disk is full', 'no permission']);
  });

  test('makes a flush fail with the reason, and the marks stay', async () => {
    await rig.change();
    rig.disk.failing = full;
    const loop = rig.create();
    await expect(loop.flush(rig.stop.signal)).rejects.toThrow(full);
    expect(await marks()).toBe(2);
    rig.disk.failing = null;
    await loop.flush(rig.stop.signal);
    expect(await marks()).toBe(0);
  });
});

describe('the status of the lake', () => {
  test('says since when something waits, and how far the lake has come', async () => {
    const loop = await rig.start();
    await rig.clock.advance(60 * SECOND);
    const asked = rig.clock.now();
    await rig.change();
    expect(loop.status()).toMatchObject({ oldestDirtySince: asked });
    await rig.clock.advance(SECOND);
    expect(loop.status()).toEqual({
      dirtyDays: 0,
      oldestDirtySince: null,
      lastDerivedAt: asked + SECOND,
      lastAsOf: DAY_ONE + 2 * DAY,
      lastError: null,
    });
    await rig.change();
    await rig.clock.advance(10 * SECOND);
    expect(loop.status()).toMatchObject({ dirtyDays: 1, oldestDirtySince: asked + SECOND });
  });

  test('shows a mark that another process made during the derivation', async () => {
    let others = 1;
    const yieldToHost = async () => {
      if (others-- > 0) await rig.lake.store.merge([{ series: SYMBOL, candles: coarseCandles(3, 4) }]);
    };
    const loop = await rig.start({ yieldToHost });
    await rig.change();
    await rig.clock.advance(SECOND);
    expect(loop.status()).toMatchObject({ dirtyDays: 1, oldestDirtySince: DAY_ONE + 2 * DAY + SECOND });
  });

  test('goes on counting from the first failure', async () => {
    const loop = await rig.start();
    await rig.clock.advance(60 * SECOND);
    rig.disk.failing = full;
    const asked = rig.clock.now();
    await rig.change();
    await rig.clock.advance(200 * SECOND);
    await rig.change();
    await rig.clock.advance(SECOND);
    expect(loop.status().oldestDirtySince).toBe(asked);
  });
});
