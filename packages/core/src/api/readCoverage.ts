import type { Coverage } from '../domain/slots/coverage.ts';
import { buildDaySlots, type DaySlots, SlotState } from '../domain/slots/slots.ts';
import { floorToInterval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { SeriesRecord } from '../ports.ts';
import { readDayInput } from './dayFromStore.ts';
import type { ApiPorts } from './ports.ts';
import type { Window } from './query.ts';
import type { CoverageAnswer, CoverageRun, RunState } from './shapes.ts';

const STATES: Readonly<Partial<Record<SlotState, RunState>>> = {
  [SlotState.missing]: 'missing',
  [SlotState.quiet]: 'quiet',
  [SlotState.provisional]: 'provisional',
  [SlotState.unavailable]: 'unavailable',
};

export interface CoverageSource {
  readonly record: SeriesRecord;
  /** The end of the newest closed slot. */
  readonly closedUntil: EpochMs;
}

/**
 * The runs of slots that are not final in a window. Days that the recorded coverage shows to be wholly final,
 * or wholly unavailable, are not read slot by slot.
 */
export async function readCoverage(
  ports: Pick<ApiPorts, 'candles' | 'derivation'>,
  { record, closedUntil }: CoverageSource,
  { from, to }: Window,
): Promise<CoverageAnswer> {
  const { market, symbol, interval, firstSlot } = record;
  const end = Math.min(floorToInterval(to ?? closedUntil, interval), closedUntil);
  const start = Math.min(Math.max(floorToInterval(from ?? 0, interval), firstSlot ?? end), end);
  const series = { market, symbol, interval };
  const stored = await ports.derivation.readCoverage(series, startOfDay(start), end);
  const recorded = new Map(stored.map(({ day, coverage }) => [day, coverage]));
  const runs: CoverageRun[] = [];
  for (let day = startOfDay(start); day < end; day += DAY_MS) {
    const whole = wholeDay(recorded.get(day), DAY_MS / intervalMs(interval));
    if (whole === 'final') continue;
    const ofDay =
      whole === 'unavailable'
        ? [{ from: day, to: day + DAY_MS, state: whole }]
        : runsOfDay(buildDaySlots(await readDayInput(ports, record, { day, asOf: closedUntil })));
    for (const run of ofDay)
      addRun(runs, { ...run, from: Math.max(run.from, start), to: Math.min(run.to, end) });
  }
  return { symbol, interval, from: start, to: end, runs };
}

/** The state of a day whose slots are all in the same one; null when the slots have to be read. */
function wholeDay(coverage: Coverage | undefined, slots: number): 'final' | 'unavailable' | null {
  if (coverage === undefined || coverage.expected < slots) return null;
  if (coverage.final === slots) return 'final';
  return coverage.unavailable === slots ? 'unavailable' : null;
}

/** Each slot of a day that has one of the states, as a run. */
function runsOfDay({ day, intervalMs: lengthMs, state }: DaySlots): readonly CoverageRun[] {
  const runs: CoverageRun[] = [];
  for (const [index, one] of state.entries()) {
    const named = STATES[one as SlotState];
    const from = day + index * lengthMs;
    if (named) addRun(runs, { from, to: from + lengthMs, state: named });
  }
  return runs;
}

/** Adds a run after the others, or makes the last one longer. Empty ones are left out. */
function addRun(runs: CoverageRun[], run: CoverageRun): void {
  if (run.from >= run.to) return;
  const last = runs.at(-1);
  if (last?.to === run.from && last.state === run.state) runs[runs.length - 1] = { ...last, to: run.to };
  else runs.push(run);
}
