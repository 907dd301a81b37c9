import {
  barAt,
  type CandleStore,
  type Clock,
  countsForHealth,
  type EpochMs,
  type ExchangeClock,
  intervalMs,
  MINUTE_MS,
  type Report,
  SECOND_MS,
  type Settings,
  type StreamStatus,
  startOfDay,
} from '@candlelake/core';

export interface DerivationRequestPorts {
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly candles: Pick<CandleStore, 'readDay'>;
  readonly status: () => Pick<StreamStatus, 'symbols'>;
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
 * A confirming request takes a second for each symbol. Later bars are derived with the next close or tick.
 */
const PATIENCE_MS = 3 * MINUTE_MS;
const LOOK_MS = 5 * SECOND_MS;

/**
 * Requests a derivation after each close of a bar of one of the timeframes, until the signal aborts: as soon
 * as its last candles are confirmed, because only complete bars have notices, and no later than three
 * minutes. A request that fails is reported: the schedule derives the bar a little later.
 */
export async function requestDerivations(
  ports: DerivationRequestPorts,
  settings: Pick<Settings, 'market' | 'timeframes' | 'interval'>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, exchangeClock, requestDerivation, report } = ports;
  const { timeframes, interval } = settings;
  for (;;) {
    const now = exchangeClock.now();
    const closeTime = Math.min(...timeframes.map((timeframe) => nextClose(now - DELAY_MS, timeframe)));
    await clock.sleep(closeTime + DELAY_MS - now, signal).catch(() => {});
    const openTime = closeTime - intervalMs(interval);
    while (!signal.aborted && exchangeClock.now() < closeTime + PATIENCE_MS) {
      if (await isConfirmed(ports, settings, openTime).catch(() => true)) break;
      await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
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

/**
 * Whether history has shown the slot of every symbol that is kept as usual, with a candle or without. The
 * stream's store has today in memory.
 */
async function isConfirmed(
  { candles, status }: DerivationRequestPorts,
  { market, interval }: Pick<Settings, 'market' | 'interval'>,
  openTime: EpochMs,
): Promise<boolean> {
  const kept = status().symbols.filter((symbol) => countsForHealth(symbol) && !symbol.quiet);
  for (const { symbol } of kept) {
    const stored = await candles.readDay({ market, symbol, interval }, startOfDay(openTime));
    const isFinal = stored.candles.some((one) => one.openTime === openTime && one.status !== 'provisional');
    if (!isFinal && !stored.absences.some((one) => one.openTime === openTime)) return false;
  }
  return true;
}
