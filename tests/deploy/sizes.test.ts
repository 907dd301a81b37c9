import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { HEAP_BYTES_PER_SLOT, lakeMemoryMb, taskSizeFor } from '../../infra/sizes.ts';
import type { Interval } from '../../packages/core/src/index.ts';
import { FUNCTIONS } from '../../packages/functions/src/names.ts';

const load = (count: number, interval: Interval = '3m') => ({
  symbols: Array.from({ length: count }, (_, index) => `S${index}-USDT`),
  interval,
});

interface Memory {
  readonly before: number;
  readonly after: number;
  readonly rss: number;
  readonly slots: number;
}

/**
 * Fills the stream's store with today and yesterday of so many symbols, in a process with this limit of its
 * heap.
 */
function fillStore(count: number, interval: Interval, heapMb: number): Memory {
  const args = ['--expose-gc', '--max-semi-space-size=2', `--max-old-space-size=${heapMb}`];
  const program = [...args, 'benchmarks/processes/cloudStream.ts', String(count), interval];
  return JSON.parse(execFileSync(process.execPath, program, { encoding: 'utf8', stdio: 'pipe' }));
}

describe('the task', () => {
  test.each([
    [1, '3m', 0.5],
    [600, '3m', 0.5],
    // All contracts that BingX lists, about 1,300.
    [1300, '3m', 1],
    [300, '1m', 1],
    [1300, '1m', 2],
  ] as const)('of %d symbols at %s has %d GB', (count, interval, memoryGb) => {
    expect(taskSizeFor(load(count, interval))).toMatchObject({ vcpu: 0.25, memoryGb });
  });

  test('keeps the old generation of V8 below its memory', () => {
    for (const count of [1, 1300]) {
      const { memoryGb, heapMb } = taskSizeFor(load(count));
      expect(heapMb).toBeLessThan(memoryGb * 1024 - 100);
    }
  });

  test('is refused with the numbers when none is large enough', () => {
    expect(() => taskSizeFor(load(5000, '1m'))).toThrow(
      "5000 symbols with 1440 slots a day need 6111 MB in the stream's task, which has at most 3686: expected fewer symbols or a longer interval",
    );
  });

  test('a slot takes as much heap as the sizes assume, and no more', () => {
    const { before, after, slots } = fillStore(100, '3m', 256);
    const bytes = (after - before) / slots;
    expect(bytes).toBeLessThanOrEqual(HEAP_BYTES_PER_SLOT);
    expect(bytes).toBeGreaterThan(HEAP_BYTES_PER_SLOT * 0.8);
  });

  test('of 300 symbols at 1m, whose slots take more heap than V8 allows itself in 512 MB, holds them', () => {
    const { memoryGb, heapMb } = taskSizeFor(load(300, '1m'));
    const { before, after, rss } = fillStore(300, '1m', heapMb);
    expect(after - before).toBeGreaterThan(250e6);
    expect(rss).toBeLessThan(memoryGb * 2 ** 30 * 0.9);
  });
});

describe('buildLake', () => {
  test.each([
    [600, '3m', FUNCTIONS.buildLake.memoryMb],
    [1300, '3m', FUNCTIONS.buildLake.memoryMb],
    [1300, '1m', 1920],
  ] as const)('of %d symbols at %s has %d MB', (count, interval, memoryMb) => {
    expect(lakeMemoryMb(load(count, interval))).toBe(memoryMb);
  });

  test('is refused with the numbers when no function is large enough', () => {
    expect(() => lakeMemoryMb(load(3000, '1m'))).toThrow(
      /^3000 symbols with 1440 slots a day need \d+ MB in buildLake/,
    );
  });
});
