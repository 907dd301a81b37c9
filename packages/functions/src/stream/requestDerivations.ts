import {
  barAt,
  type Clock,
  type EpochMs,
  type ExchangeClock,
  type Report,
  SECOND_MS,
} from '@candlelake/core';

export interface DerivationRequestPorts {
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  /** Starts a run of `buildLake`. */
  readonly requestDerivation: () => Promise<void>;
  readonly report: Report;
}

/**
 * The last candle of a bar is stored five seconds after its close, the watermark passes it a second later,
 * and history is asked for its final values after eight.
 */
const DELAY_MS = 15 * SECOND_MS;

/**
 * Requests a derivation when a bar of one of the timeframes has closed, until the signal aborts, so that its
 * crossovers are published within a minute. A request that fails is reported: the schedule derives the bar a
 * little later.
 */
export async function requestDerivations(
  { clock, exchangeClock, requestDerivation, report }: DerivationRequestPorts,
  timeframes: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const now = exchangeClock.now();
    const closeTime = Math.min(...timeframes.map((timeframe) => nextClose(now - DELAY_MS, timeframe)));
    await clock.sleep(closeTime + DELAY_MS - now, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await requestDerivation();
    } catch (error) {
      const message = `no derivation could be requested: ${error instanceof Error ? error.message : error}`;
      report({ level: 'warn', kind: 'derivation-not-requested', message });
    }
  }
}

/** The close of the bar that contains an instant; later than it. */
function nextClose(time: EpochMs, timeframeMinutes: number): EpochMs {
  return barAt(time, timeframeMinutes).closeTime;
}
