import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../packages/exchange-sim/src/schedule.ts';
import { createManualClock } from '../support/manualClock.ts';

describe('the schedule', () => {
  test.prop([fc.array(fc.nat({ max: 1000 }), { maxLength: 60 })])(
    'keeps appointments in order of time, ties in order of asking, each at its time',
    async (times) => {
      const clock = createManualClock(0);
      const schedule = createSchedule(clock);
      const kept: [number, number, number][] = [];
      for (const [i, time] of times.entries()) schedule.at(time, (due) => kept.push([due, i, clock.now()]));
      await clock.advance(1000);
      const expected = times
        .map((time, i) => [time, i, time])
        .sort(([a = 0, i = 0], [b = 0, j = 0]) => a - b || i - j);
      expect(kept).toEqual(expected);
      schedule.close();
    },
  );

  it('wakes for an earlier appointment that is made while it sleeps', async () => {
    const clock = createManualClock(0);
    const schedule = createSchedule(clock);
    const kept: string[] = [];
    schedule.at(1000, () => kept.push('late'));
    await clock.settle();
    schedule.at(10, () => kept.push('early'));
    await clock.advance(10);
    expect(kept).toEqual(['early']);
    expect(clock.sleeping()).toBe(1);
    schedule.close();
  });

  it('skips what was cancelled', async () => {
    const clock = createManualClock(0);
    const schedule = createSchedule(clock);
    const kept: number[] = [];
    const cancelled = schedule.at(1, (time) => kept.push(time));
    schedule.at(2, (time) => kept.push(time));
    cancelled.cancelled = true;
    await clock.advance(5);
    expect(kept).toEqual([2]);
    schedule.close();
  });

  it('holds one sleeper for any number of appointments, and none once closed', async () => {
    const clock = createManualClock(0);
    const schedule = createSchedule(clock);
    for (let i = 0; i < 300; i += 1) schedule.at(1000 + i, () => {});
    await clock.settle();
    expect(clock.sleeping()).toBe(1);
    schedule.close();
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
  });
});
