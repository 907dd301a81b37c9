import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import { SETTLE_DELAY_MS } from '../domain/candle/closing.ts';
import { floorToInterval, type Interval, intervalMs } from '../domain/time/interval.ts';
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
  /** Resolves when the first backfill has ended. */
  readonly ready: Promise<void>;
}

/** The distance of the watermark from the clock; a candle is stored within this time after its close. */
const DELAY_MS = SETTLE_DELAY_MS + SECOND_MS;
/**
 * How long to wait for the first backfill, so that the lake is not derived again for every answer of history.
 */
const PATIENCE_MS = 60 * SECOND_MS;

/**
 * The watermark for an instant: the newest end of a slot that closed {@link DELAY_MS} ago or earlier, at most
 * `until`.
 */
export function watermarkAt(now: EpochMs, interval: Interval, until: EpochMs | null): EpochMs {
  const closed = floorToInterval(now - DELAY_MS, interval);
  return until === null ? closed : Math.min(closed, floorToInterval(until, interval));
}

/** Raises the watermark as slots close and requests a derivation each time, until the signal aborts. */
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
    const next = floorToInterval(now - DELAY_MS, interval) + lengthMs + DELAY_MS;
    await ports.clock.sleep(next - now, signal);
  }
}
