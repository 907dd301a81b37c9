import type { Market } from '../domain/candle/candle.ts';
import { nearestNames } from '../domain/nearestNames.ts';
import { floorToInterval, type Interval } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import type { CandleStore, Contract, ReportedEvent, YieldToHost } from '../ports.ts';

/** A symbol that the exchange does not trade now, as its contract list says. */
export interface UnlistedSymbol {
  readonly symbol: string;
  /** Not in the list, or its contract's launch lies ahead. */
  readonly state: 'delisted' | 'unlaunched';
  readonly reason: string;
  /** Whether the store knows the symbol; if not, its name may be mistyped. */
  readonly isKnown: boolean;
}

export interface ListingPorts {
  readonly candles: CandleStore;
  /** Called before each symbol: a first start writes hundreds of them. */
  readonly yieldToHost: YieldToHost;
}

export interface ListingOptions {
  readonly market: Market;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Exchange time. */
  readonly now: EpochMs;
  readonly signal: AbortSignal;
}

const NEAREST_NAMES = 3;

/**
 * Stores price precision and launch of the listed symbols, and returns the others. The launch is stored as
 * the start of its slot: the candle of that slot holds the first trades. A launch that lies ahead is not
 * stored: no candle would be expected before it, and the list may be wrong. If the store has candles of the
 * symbol, such a launch is ignored. Throws the signal's reason when it aborts.
 */
export async function applyContracts(
  { candles, yieldToHost }: ListingPorts,
  contracts: readonly Contract[],
  { market, symbols, interval, now, signal }: ListingOptions,
): Promise<readonly UnlistedSymbol[]> {
  const bySymbol = new Map(contracts.map((contract) => [contract.symbol, contract]));
  const unlisted: UnlistedSymbol[] = [];
  for (const symbol of symbols) {
    await yieldToHost();
    signal.throwIfAborted();
    const series = { market, symbol, interval };
    const record = await candles.findSeries(series);
    const isKnown = record !== null;
    const contract = bySymbol.get(symbol);
    if (!contract) {
      const reason = isKnown ? 'the exchange does not list it any more' : unknownReason(symbol, bySymbol);
      unlisted.push({ symbol, state: 'delisted', reason, isKnown });
      continue;
    }
    const { launchTime, pricePrecision } = contract;
    const isAhead = launchTime !== null && launchTime > now;
    const firstTraded = launchTime === null || isAhead ? null : floorToInterval(launchTime, interval);
    await candles.describeSeries(series, { launchTime: firstTraded, pricePrecision });
    if (!isAhead || record?.firstSlot != null) continue;
    const reason = `its contract is launched at ${formatInstant(launchTime)}`;
    unlisted.push({ symbol, state: 'unlaunched', reason, isKnown });
  }
  return unlisted;
}

function unknownReason(symbol: string, listed: ReadonlyMap<string, Contract>): string {
  const nearest = nearestNames(symbol, [...listed.keys()], NEAREST_NAMES).map((name) => `"${name}"`);
  return `the exchange does not list it; the nearest names: ${nearest.join(', ')}`;
}

/**
 * The event of a symbol that is not traded; `effect` says what happens with it now. A name that the store
 * does not know may be a typing error.
 */
export function unlistedEvent(
  { symbol, state, reason, isKnown }: UnlistedSymbol,
  effect: string,
): ReportedEvent {
  const level = isKnown ? 'warn' : 'error';
  const message = `${symbol}: ${reason}; ${effect}`;
  return { level, kind: state, message, fields: { symbol } };
}
