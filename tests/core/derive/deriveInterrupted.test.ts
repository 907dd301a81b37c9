import { describe, expect, test } from 'vitest';
import { Crash, interrupted } from '../../support/interrupted.ts';
import {
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  deriveOnce,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';

const A = series('AAA-USDT');
const B = series('BBB-USDT');
const { signal } = new AbortController();

/** Three days of two symbols, derived; then a correction on the first day that changes all three. */
async function correctedLake(): Promise<TestLake> {
  const lake = await createTestLake();
  await lake.store.advanceAsOf(DAY_ONE + 2.5 * DAY);
  await lake.store.merge([
    { series: A, candles: coarseCandles(0, 30) },
    { series: B, candles: coarseCandles(3, 30, 5) },
  ]);
  await lake.derive();
  await lake.store.merge([{ series: A, candles: [lateCorrection(11)] }]);
  return lake;
}

const lateCorrection = (slot: number) =>
  shapedCandle(DAY_ONE + slot * COARSE_SLOT, 16, { close: '777', high: '800', observed: DAY_ONE + 20 * DAY });

async function stepsOfOnePass(): Promise<number> {
  const lake = await correctedLake();
  const counted = interrupted(lake.ports, { at: -1, after: false, action: () => {} });
  await deriveOnce(counted.ports, signal);
  return counted.calls();
}

const steps = await stepsOfOnePass();

test('a pass over the corrected lake has more than fifty steps, so that these tests test something', () => {
  expect(steps).toBeGreaterThan(50);
});

describe.each([{ after: false }, { after: true }])(
  'a crash at any step of a derivation, after its effect: $after',
  ({ after }) => {
    test('leaves marks behind that bring the lake to what it would have been', async () => {
      const undisturbed = await correctedLake();
      await undisturbed.derive();
      const expected = await undisturbed.read();
      for (let at = 0; at < steps; at++) {
        const lake = await correctedLake();
        const crash = () => {
          throw new Crash();
        };
        const { ports } = interrupted(lake.ports, { at, after, action: crash });
        await expect(deriveOnce(ports, signal), `step ${at}`).rejects.toThrow(Crash);
        await lake.derive();
        expect(await lake.read(), `step ${at}`).toEqual(expected);
        expect(await lake.store.dirtyDays()).toEqual([]);
      }
    });
  },
);

describe.each([{ after: false }, { after: true }])(
  'a write at any step of a derivation, after its effect: $after',
  ({ after }) => {
    test.each([{ slot: 3 }, { slot: 14 }, { slot: 27 }])(
      'to slot $slot is in the lake after the next pass',
      async ({ slot }) => {
        const undisturbed = await correctedLake();
        await undisturbed.store.merge([{ series: B, candles: [lateCorrection(slot)] }]);
        await undisturbed.derive();
        const expected = await undisturbed.read();
        for (let at = 0; at < steps; at++) {
          const lake = await correctedLake();
          const write = async () => {
            await lake.store.merge([{ series: B, candles: [lateCorrection(slot)] }]);
          };
          const { ports } = interrupted(lake.ports, { at, after, action: write });
          await deriveOnce(ports, signal);
          await lake.derive();
          expect(await lake.read(), `step ${at}`).toEqual(expected);
        }
      },
    );
  },
);

describe('the watermark moving at any step of a derivation', () => {
  test('is in the lake after the next pass', async () => {
    const asOf = DAY_ONE + 3 * DAY + COARSE_SLOT;
    const undisturbed = await correctedLake();
    await undisturbed.store.advanceAsOf(asOf);
    await undisturbed.derive();
    const expected = await undisturbed.read();
    for (let at = 0; at < steps; at++) {
      const lake = await correctedLake();
      const action = async () => {
        await lake.store.advanceAsOf(asOf);
      };
      await deriveOnce(interrupted(lake.ports, { at, after: true, action }).ports, signal);
      await lake.derive();
      expect(await lake.read(), `step ${at}`).toEqual(expected);
    }
  });
});

describe('another writer that derives the same lake at any step, without a lease', () => {
  test('leads to the lake that both would have written', async () => {
    const undisturbed = await correctedLake();
    await undisturbed.store.merge([{ series: B, candles: [lateCorrection(4)] }]);
    await undisturbed.derive();
    const expected = await undisturbed.read();
    for (let at = 0; at < steps; at++) {
      const lake = await correctedLake();
      const deriveToo = async () => {
        await lake.store.merge([{ series: B, candles: [lateCorrection(4)] }]);
        await lake.derive();
      };
      await deriveOnce(interrupted(lake.ports, { at, after: false, action: deriveToo }).ports, signal);
      await lake.derive();
      expect(await lake.read(), `step ${at}`).toEqual(expected);
    }
  });
});
