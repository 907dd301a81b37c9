import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchStop } from '../../packages/cli/src/stop.ts';

const DAY = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('stops after 60 days, which is longer than one timer of Node can wait', () => {
  const reasons: string[] = [];
  const stop = watchStop({ onStop: (reason) => void reasons.push(reason), exit() {} });
  stop.after(60 * DAY);
  vi.advanceTimersByTime(60 * DAY - 1);
  expect(reasons).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(reasons).toEqual(['--for']);
  stop.dispose();
});
