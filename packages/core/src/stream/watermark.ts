import type { LakeKeeper } from '../derive/keepLake.ts';
import { SETTLE_DELAY_MS } from '../domain/candle/closing.ts';
import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, SECOND_MS } from '../domain/time/time.ts';
import type { Clock, DerivationStore, ExchangeClock } from '../ports.ts';

export interface WatermarkPorts {
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly derivation: Pick<DerivationStore, 'advanceAsOf'>;
  readonly lake: Pick<LakeKeeper, 'request'>;
}

export interface WatermarkOptions {
  readonly interval: Interval;
  /** The watermark stops here; null for never. */
  readonly until: EpochMs | null;
  /** Resolves when the first backfill is through. */
  readonly ready: Promise<void>;
}

/** The watermark follows the clock at this distance: a candle that closed has been stored by then. */
const DELAY_MS = SETTLE_DELAY_MS + SECOND_MS;
/**
 * The lake waits this long for the first backfill, so that it is not derived over and over while history
 * comes in.
 */
const PATIENCE_MS = 60 * SECOND_MS;

/**
 * The `as_of` that belongs to an instant: the newest end of a slot that has had time to settle, at most
 * `until`.
 */
export function watermarkAt(now: EpochMs, interval: Interval, until: EpochMs | null): EpochMs {
  const lengthMs = intervalMs(interval);
  const closed = Math.floor((now - DELAY_MS) / lengthMs) * lengthMs;
  return until === null ? closed : Math.min(closed, Math.floor(until / lengthMs) * lengthMs);
}

/** Raises `as_of` as slots close, and asks for the lake to be derived, until the signal aborts. */
export async function keepWatermark(
  ports: WatermarkPorts,
  { interval, until, ready }: WatermarkOptions,
  signal: AbortSignal,
): Promise<void> {
  const lengthMs = intervalMs(interval);
  await Promise.race([ready, ports.clock.sleep(PATIENCE_MS, signal)]);
  while (!signal.aborted) {
    const now = ports.exchangeClock.now();
    await ports.derivation.advanceAsOf(watermarkAt(now, interval, until));
    ports.lake.request();
    const next = (Math.floor((now - DELAY_MS) / lengthMs) + 1) * lengthMs + DELAY_MS;
    await ports.clock.sleep(next - now, signal);
  }
}
