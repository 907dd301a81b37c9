import type { EpochMs } from '../domain/time/time.ts';
import type { Clock } from '../ports.ts';

export interface WatchdogOptions {
  readonly clock: Clock;
  /** The longest silence of a living link, in ms of the clock. */
  readonly silenceLimitMs: number;
  /** When the last frame arrived, by the clock. */
  readonly lastFrameAt: () => EpochMs;
}

/**
 * Resolves when no frame has arrived for the limit; rejects with the signal's reason. The exchange pings a silent market too, so frames stop
 * only when the link is dead. One sleeper per link, whatever the frame rate.
 */
export async function untilSilent(options: WatchdogOptions, signal: AbortSignal): Promise<void> {
  const { clock, silenceLimitMs, lastFrameAt } = options;
  for (;;) {
    const before = lastFrameAt();
    // A clock that was set back dates the last frame into the future: it must not blind the watchdog.
    await clock.sleep(Math.min(before + silenceLimitMs - clock.now(), silenceLimitMs), signal);
    if (lastFrameAt() === before) return;
  }
}
