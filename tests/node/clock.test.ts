import { createClock } from '@candlelake/node';
import { describe, expect, it } from 'vitest';

describe('the clock of a simulation', () => {
  it('goes by simulated + speed × (now − real)', () => {
    const real = Date.now() - 10_000;
    const clock = createClock({ real, simulated: 1_000_000, speed: 60 });
    const before = 1_000_000 + 60 * (Date.now() - real);
    const now = clock.now();
    const after = 1_000_000 + 60 * (Date.now() - real);
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(after);
  });

  it('tells whole milliseconds', () => {
    const clock = createClock({ real: Date.now(), simulated: 1_000_000, speed: 0.1 });
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  it('sleeps in its own time: an hour at 100,000 times the speed takes 36 ms', async () => {
    const speed = 100_000;
    const clock = createClock({ real: Date.now(), simulated: 0, speed });
    const before = clock.now();
    await clock.sleep(3_600_000);
    // Timers and Date.now() count whole ms; each may be off by one.
    expect(clock.now() - before).toBeGreaterThanOrEqual(3_600_000 - 2 * speed);
  });
});

describe('the real clock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now();
    const now = createClock(null).now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('ends a sleep with the reason of the signal, and not before: also one longer than a timer holds', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    let isOver = false;
    const longest = createClock(null).sleep(2 ** 32, stop.signal);
    const over = longest.finally(() => {
      isOver = true;
    });
    await createClock(null).sleep(30);
    expect(isOver).toBe(false);
    stop.abort(reason);
    await expect(over).rejects.toBe(reason);
    await expect(createClock(null).sleep(1, stop.signal)).rejects.toBe(reason);
  });
});
