import type { EpochMs } from '../domain/time.ts';
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
  for (let leftMs = silenceLimitMs; leftMs > 0; ) {
    const before = lastFrameAt();
    const waitMs = Math.min(leftMs, silenceLimitMs);
    await clock.sleep(waitMs, signal);
    leftMs = lastFrameAt() + silenceLimitMs - clock.now();
    // A clock that was set back dates the last frame into the future; then a whole wait without another one is the silence.
    if (leftMs > silenceLimitMs && waitMs === silenceLimitMs && lastFrameAt() === before) return;
  }
}
