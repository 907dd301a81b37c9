import { expect, test } from 'vitest';
import { untilSilent } from '../../../packages/core/src/bingx/connection.ts';
import { createManualClock } from '../../support/manualClock.ts';

const LIMIT_MS = 40_000;

/** A watchdog over a clock that can be set back; `frames` are arrivals in real time since the start. */
function watching(frames: readonly number[], setBack: { readonly after: number; readonly byMs: number }) {
  const real = createManualClock(0);
  const now = () => 1e12 + real.now() - (real.now() >= setBack.after ? setBack.byMs : 0);
  let lastFrameAt = now();
  for (const at of frames) void real.sleep(at).then(() => (lastFrameAt = now()));
  let silentAt: number | null = null;
  const options = {
    clock: { now, monotonic: real.monotonic, sleep: real.sleep },
    silenceLimitMs: LIMIT_MS,
    lastFrameAt: () => lastFrameAt,
  };
  void untilSilent(options, new AbortController().signal).then(() => (silentAt = real.now()));
  return { real, silentAt: () => silentAt };
}

test('fires exactly one limit after the last frame', async () => {
  const { real, silentAt } = watching([5_000, 30_000, 69_999], { after: Number.POSITIVE_INFINITY, byMs: 0 });
  await real.advance(200_000);
  expect(silentAt()).toBe(69_999 + LIMIT_MS);
});

test('a clock set back by a day neither blinds it nor makes it fire while frames come', async () => {
  const frames = Array.from({ length: 20 }, (_, index) => 5_000 * (index + 1));
  const { real, silentAt } = watching(frames, { after: 52_000, byMs: 86_400_000 });
  await real.advance(100_000);
  expect(silentAt()).toBeNull();
  await real.advance(2 * LIMIT_MS);
  expect(silentAt()).toBe(100_000 + LIMIT_MS);
});

test('a clock set back by a day on a dead link delays it by one limit at most', async () => {
  const { real, silentAt } = watching([30_000], { after: 32_000, byMs: 86_400_000 });
  await real.advance(30_000 + 3 * LIMIT_MS);
  expect(silentAt()).toBeGreaterThanOrEqual(30_000 + LIMIT_MS);
  expect(silentAt()).toBeLessThanOrEqual(30_000 + 2 * LIMIT_MS);
});
