import type { Candle, Series } from '../domain/candle/candle.ts';
import { planWindows } from '../domain/slots/fetchPlan.ts';
import { candlesOf } from '../domain/slots/historyAnswer.ts';
import { newRecord } from '../domain/slots/seriesRecord.ts';
import { EMPTY_SLOT, gatherEvidence, valuesText } from '../domain/slots/slotChange.ts';
import { isSettled, SlotState, slotState } from '../domain/slots/slots.ts';
import { floorToInterval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { BadDataError, type RetryableError, SymbolRefusedError } from '../errors.ts';
import type { CandleStore, Clock, History, HistoryPage, Random } from '../ports.ts';
import { retry } from '../waiting/retry.ts';

export interface CompareHistoryPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly history: Pick<History, 'read'>;
  readonly candles: Pick<CandleStore, 'findSeries' | 'readDay'>;
}

/** A stretch of a series: slots that open in [from, to). */
export interface Stretch {
  readonly series: Series;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** A slot that the store calls settled, and of which history says something else. */
export interface HistoryDifference {
  readonly series: Series;
  readonly openTime: EpochMs;
  /** Null where the store has the slot as quiet or unavailable. */
  readonly stored: Candle | null;
  /** The final candle of history. */
  readonly found: Candle;
}

export interface HistoryComparison extends Stretch {
  /** Stored finals that history shows too. */
  readonly compared: number;
  readonly differences: readonly HistoryDifference[];
  /** Why the exchange refused the symbol; null when it answered. */
  readonly refused: string | null;
}

/** Failures of the exchange in a row after which the comparison gives up. */
const TRIES = 6;

/**
 * Reads a stretch of history and compares it with what the store holds as settled: final and imported
 * candles, quiet and unavailable slots. Slots that are not settled are no claim and are left out. Throws
 * RetryableError when the exchange does not answer.
 */
export async function compareHistory(
  ports: CompareHistoryPorts,
  stretch: Stretch,
  signal: AbortSignal,
  onFailure: (error: RetryableError) => void = () => {},
): Promise<HistoryComparison> {
  const { series } = stretch;
  const settled = await readSettled(ports.candles, stretch);
  let compared = 0;
  const differences: HistoryDifference[] = [];
  const options = { clock: ports.clock, random: ports.random, tries: TRIES, onFailure };
  for (const { from, to } of planWindows([...settled.keys()], planOptions(series))) {
    const request = { series, from, to, priority: 'background' } as const;
    const read = () => ports.history.read(request, signal).catch(refusalOf);
    const page = await retry(read, options, signal);
    if (page instanceof Error) return { ...stretch, compared, differences, refused: page.message };
    for (const found of finalsOf(page, series)) {
      const stored = settled.get(found.openTime);
      if (stored === undefined) continue;
      // The margins of neighbouring requests overlap.
      settled.delete(found.openTime);
      if (stored !== null) compared += 1;
      if (stored !== null && valuesText(stored) === valuesText(found)) continue;
      differences.push({ series, openTime: found.openTime, stored, found });
    }
  }
  return { ...stretch, compared, differences, refused: null };
}

/** The number of requests that a comparison takes if all slots of the stretch are settled. */
export function countRequests({ series, from, to }: Stretch): number {
  const lengthMs = intervalMs(series.interval);
  const slots = Math.max(0, Math.ceil((to - from) / lengthMs));
  const all = Array.from({ length: slots }, (_, i) => floorToInterval(from, series.interval) + i * lengthMs);
  return planWindows(all, planOptions(series)).length;
}

function planOptions({ interval }: Series) {
  return { intervalMs: intervalMs(interval), firstSlot: null };
}

/** The settled slots of the stretch by open time, ascending; null for a slot without a candle. */
async function readSettled(
  candles: CompareHistoryPorts['candles'],
  { series, from, to }: Stretch,
): Promise<Map<EpochMs, Candle | null>> {
  const { firstSlot, launchTime, historyStart } = (await candles.findSeries(series)) ?? newRecord(series);
  const bounds = { launchTime, firstAvailable: historyStart.firstAvailable };
  const lengthMs = intervalMs(series.interval);
  const settled = new Map<EpochMs, Candle | null>();
  const start = Math.max(from, startOfDay(firstSlot ?? to));
  for (let day = startOfDay(start); day < to; day += DAY_MS) {
    const stored = gatherEvidence([await candles.readDay(series, day)]);
    const first = Math.ceil(Math.max(day, start) / lengthMs) * lengthMs;
    for (let slot = first; slot < Math.min(day + DAY_MS, to); slot += lengthMs) {
      const evidence = stored.get(slot) ?? EMPTY_SLOT;
      const state = slotState(slot, evidence, bounds);
      if (state !== SlotState.notExpected && isSettled(state)) settled.set(slot, evidence.candle);
    }
  }
  return settled;
}

function finalsOf(page: HistoryPage, { interval }: Series): readonly Candle[] {
  const candles = candlesOf({ ...page, intervalMs: intervalMs(interval) });
  return candles.filter(({ status }) => status === 'final');
}

/** A refusal that is about the symbol; any other error is thrown again. */
function refusalOf(error: unknown): Error {
  if (error instanceof BadDataError || (error instanceof SymbolRefusedError && error.certain)) return error;
  throw error;
}
