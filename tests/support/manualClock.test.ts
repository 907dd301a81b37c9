import { describe, expect, test } from 'vitest';
import { createManualClock } from './manualClock.ts';

describe('the manual clock', () => {
  test('wakes sleepers in the order of their due times, each at its own time', async () => {
    const clock = createManualClock(1_000);
    const woken: string[] = [];
    const note = (name: string) => () => void woken.push(`${name}@${clock.now()}`);
    clock.sleep(30).then(note('late'));
    clock.sleep(10).then(note('early'));
    clock
      .sleep(10)
      .then(() => clock.sleep(5))
      .then(note('chained'));
    await clock.advance(29);
    expect(woken).toEqual(['early@1010', 'chained@1015']);
    await clock.advance(1);
    expect(woken).toEqual(['early@1010', 'chained@1015', 'late@1030']);
    expect(clock.sleeping()).toBe(0);
  });

  test('rejects a sleeper with the reason of its signal and forgets it', async () => {
    const clock = createManualClock(0);
    const abort = new AbortController();
    const sleeping = clock.sleep(10, abort.signal);
    abort.abort(new Error('stop'));
    await expect(sleeping).rejects.toThrow('stop');
    await expect(clock.sleep(10, abort.signal)).rejects.toThrow('stop');
    expect(clock.sleeping()).toBe(0);
  });
});
