import type { EpochMs } from '../../domain/time/time.ts';
import type { Clock } from '../../ports.ts';

export interface PaceOptions {
  readonly clock: Clock;
  /** How many times as fast as real time; above 0. */
  readonly speed: number;
}

/**
 * Passes each event on when it is due: the first at once, the others as far apart as their times, divided by
 * the speed. A reader that is late gets what is due at once.
 */
export async function* paced<E extends { readonly time: EpochMs }>(
  events: AsyncIterable<E>,
  { clock, speed }: PaceOptions,
): AsyncGenerator<E, void> {
  let first: EpochMs | null = null;
  let startedAt = 0;
  for await (const event of events) {
    if (first === null) {
      first = event.time;
      startedAt = clock.monotonic();
    }
    const wait = startedAt + (event.time - first) / speed - clock.monotonic();
    if (wait > 0) await clock.sleep(wait);
    yield event;
  }
}
