import type { CandleUpdate } from '../../domain/candle/candle.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../../domain/time/time.ts';
import { formatTimeframe } from '../../domain/time/timeframe.ts';
import type { SeriesRecord } from '../../ports.ts';
import type { LakeSettings } from '../../settings/lakeSettings.ts';
import { type ComputedDay, computeDayBars } from '../dayFromStore.ts';
import { type ApiPorts, readClosedUntil } from '../ports.ts';
import { readCoverage } from '../readCoverage.ts';
import type { BarRow, LiveEvents } from '../shapes.ts';
import { barChanges } from './barChanges.ts';

/** An event of `/api/live`. */
export type LiveEvent = {
  readonly [N in keyof LiveEvents]: {
    readonly name: N;
    readonly data: LiveEvents[N];
    /** A client that was away gets it later. */
    readonly isKept: boolean;
  };
}[keyof LiveEvents];

/** What a look starts from. */
export interface Look {
  readonly record: SeriesRecord;
  readonly settings: LakeSettings;
  /** The last update of the open candle; null when none has arrived. */
  readonly update: CandleUpdate | null;
  /** The store or the lake may have other candles than at the last look. */
  readonly hasChanged: boolean;
}

/** Follows the bars of one symbol and timeframe. */
export interface BarWatch {
  /** What has changed since the last look. The first look gives the open bar and the coverage. */
  look(look: Look): Promise<readonly LiveEvent[]>;
}

/** The last things that a watch has told. */
interface Told {
  /** Closed bars of yesterday and today. */
  readonly closed: readonly BarRow[];
  readonly closedUntil: EpochMs;
  readonly open: string | null;
  readonly coverage: string;
}

/** Starts a watch of the bars of yesterday and today (UTC), of the open bar and of today's coverage. */
export function createBarWatch(ports: ApiPorts, timeframeMinutes: number): BarWatch {
  let told: Told | null = null;
  return {
    async look({ record, settings, update, hasChanged }) {
      const closedUntil = await readClosedUntil(ports, record, update);
      const source = { record, settings, timeframeMinutes, closedUntil, update };
      const today = startOfDay(closedUntil);
      const computed = await computeDayBars(ports, source, today);
      const name = { symbol: record.symbol, timeframe: formatTimeframe(timeframeMinutes) };
      const isSame = told !== null && !hasChanged && told.closedUntil === closedUntil;
      const events: LiveEvent[] = [];
      const closed = isSame ? told!.closed : await twoDays(ports, source, { today, computed });
      if (told && !isSame) events.push(...closedEvents(told.closed, closed, { name, from: today - DAY_MS }));
      const open = computed.open && JSON.stringify(computed.open);
      if (computed.open && open !== told?.open)
        events.push({ name: 'bar', data: { ...computed.open, ...name }, isKept: false });
      let coverage = told?.coverage ?? '';
      if (!isSame) {
        const data = await readCoverage(ports, { record, closedUntil }, { from: today, to: null });
        const text = JSON.stringify(data);
        if (text !== coverage) events.push({ name: 'coverage', data, isKept: false });
        coverage = text;
      }
      told = { closed, closedUntil, open, coverage };
      return events;
    },
  };
}

interface TodayBars {
  readonly today: EpochMs;
  readonly computed: ComputedDay;
}

async function twoDays(
  ports: ApiPorts,
  source: Parameters<typeof computeDayBars>[1],
  { today, computed }: TodayBars,
): Promise<readonly BarRow[]> {
  const yesterday = await computeDayBars(ports, source, today - DAY_MS);
  return [...yesterday.closed, ...computed.closed];
}

interface Stretch {
  readonly name: { readonly symbol: string; readonly timeframe: string };
  /** Bars before it are not compared: they are of a day that is no longer followed. */
  readonly from: EpochMs;
}

function closedEvents(
  before: readonly BarRow[],
  after: readonly BarRow[],
  { name, from }: Stretch,
): readonly LiveEvent[] {
  const followed = before.filter(({ open_time }) => open_time >= from);
  return barChanges(followed, after).map((change): LiveEvent => {
    const { row } = change;
    if (change.kind === 'closed') return { name: 'bar', data: { ...row, ...name }, isKept: true };
    if (change.kind === 'revised')
      return { name: 'revised', data: { ...row, ...name, reason: change.reason }, isKept: true };
    const data = { ...name, from: row.open_time, to: row.close_time };
    return { name: 'stale', data, isKept: true };
  });
}
