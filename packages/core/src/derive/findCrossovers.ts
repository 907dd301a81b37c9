import { type Crossover, crossoversOf } from '../domain/bars/crossovers.ts';
import { isLiveBar } from '../domain/bars/liveBars.ts';
import { type EpochMs, parseInstant } from '../domain/time/time.ts';
import type {
  CandleStore,
  DerivedBars,
  FoundCrossover,
  Revision,
  SeriesRecord,
  StoredDay,
} from '../ports.ts';

export interface DerivedSeries {
  readonly record: SeriesRecord;
  readonly stored: StoredDay;
  /** The bars of the day, one for each timeframe. */
  readonly bars: readonly DerivedBars[];
}

/**
 * The crossovers of one series and day, and which of them are at live bars. Reads the log of revisions only
 * for a bar that seems late: the replacement of a final hides when the first one was read.
 */
export async function findCrossovers(
  candles: Pick<CandleStore, 'revisions'>,
  { record, stored, bars }: DerivedSeries,
): Promise<readonly FoundCrossover[]> {
  const { keptSince } = record;
  let revisions: readonly Revision[] | null = null;
  const found: FoundCrossover[] = [];
  for (const crossover of bars.flatMap(crossoversOf)) {
    const bar = spanOf(crossover);
    let isLive = crossover.status === 'complete' && isLiveBar(bar, { stored, keptSince, revisions: [] });
    if (!isLive && crossover.status === 'complete' && mayBeLive(bar, record)) {
      revisions ??= await candles.revisions(record);
      isLive = isLiveBar(bar, { stored, keptSince, revisions });
    }
    found.push({ crossover, isLive });
  }
  return found;
}

function spanOf({ openTime, closeTime }: Crossover) {
  return { openTime: parseInstant(openTime)!, closeTime };
}

/** Whether the revisions can show that a bar was complete in time: the series was kept at its close. */
function mayBeLive({ closeTime }: { readonly closeTime: EpochMs }, { keptSince }: SeriesRecord): boolean {
  return keptSince !== null && closeTime > keptSince;
}
