import { CLOCK_TOLERANCE_MS, SETTLE_DELAY_MS } from '../domain/candle/closing.ts';
import { floorToInterval, type Interval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, formatInstant, SECOND_MS } from '../domain/time/time.ts';
import type { Clock, DerivationStore, ExchangeClock, Report, SyncedExchangeClock } from '../ports.ts';
import type { LakeKeeper } from './lakeKeeper.ts';

export interface WatermarkPorts {
  readonly clock: Clock;
  readonly exchangeClock: SyncedExchangeClock;
  readonly derivation: Pick<DerivationStore, 'advanceAsOf'>;
  readonly lake: Pick<LakeKeeper, 'request'>;
}

export interface HealPorts {
  readonly exchangeClock: ExchangeClock;
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'lowerAsOf'>;
  readonly report: Report;
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

/**
 * How far the watermark may be past the newest candle that the exchange has shown: one wrong server time must
 * not move it far.
 */
const LEAD_MS = DAY_MS;

/** Raises the watermark to the present; it stands still while the time is not reliable. */
export async function raiseWatermark(
  { exchangeClock, derivation }: Pick<WatermarkPorts, 'exchangeClock' | 'derivation'>,
  { interval, until }: Pick<WatermarkOptions, 'interval' | 'until'>,
): Promise<void> {
  if (!exchangeClock.isSynced()) return;
  const shown = exchangeClock.newestShown();
  const now = Math.min(exchangeClock.now(), shown === null ? Number.POSITIVE_INFINITY : shown + LEAD_MS);
  await derivation.advanceAsOf(watermarkAt(now, interval, until));
}

/** Lowers a watermark in the future: a wrong clock raised it. To be called once the time is reliable. */
export async function healWatermark(
  { exchangeClock, derivation, report }: HealPorts,
  interval: Interval,
): Promise<void> {
  const asOf = await derivation.readAsOf();
  const now = exchangeClock.now();
  if (asOf <= now + CLOCK_TOLERANCE_MS) return;
  const to = watermarkAt(now, interval, null);
  await derivation.lowerAsOf(to);
  const message = `the lake's watermark "${formatInstant(asOf)}" lies in the future: set back to "${formatInstant(to)}"`;
  report({ level: 'warn', kind: 'watermark-lowered', message, fields: { before: asOf, after: to } });
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
    await raiseWatermark(ports, { interval, until });
    ports.lake.request();
    const next = floorToInterval(now - DELAY_MS, interval) + lengthMs + DELAY_MS;
    await ports.clock.sleep(next - now, signal);
  }
}
