import { describe, expect, it } from 'vitest';
import { parseClock, systemClock } from '../../packages/exchange-sim/src/index.ts';

const YEAR = 365 * 86_400_000;

describe('CANDLELAKE_CLOCK', () => {
  it('is simulated + speed × (now − real)', () => {
    const before = Date.now();
    const now = parseClock(`${before - 1000}:${YEAR}:60`).now();
    const after = Date.now();
    expect(now).toBeGreaterThanOrEqual(YEAR + 60 * 1000);
    expect(now).toBeLessThanOrEqual(YEAR + 60 * (after - before + 1000));
  });

  it('lets a simulated day of sleep pass, and not less', async () => {
    const clock = parseClock(`${Date.now()}:0:10000000`);
    const start = clock.now();
    await clock.sleep(86_400_000);
    expect(clock.now() - start).toBeGreaterThanOrEqual(86_400_000);
  });

  it('ends a sleep longer than a timer can hold when it is aborted', async () => {
    const stop = new AbortController();
    const sleep = systemClock.sleep(YEAR, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
  });

  it('is the real clock when it is not set', () => {
    expect(parseClock(undefined)).toBe(systemClock);
    expect(parseClock('')).toBe(systemClock);
  });

  it.each(['noon', '1:2', '1:2:3:4', '1:2:0', '1:2:-1', '1:x:1', '1:2:Infinity'])('refuses %j', (text) => {
    expect(() => parseClock(text)).toThrow(`CANDLELAKE_CLOCK "${text}" is not`);
  });
});
