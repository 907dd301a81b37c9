import type { IndicatorState } from '../domain/bars/bars.ts';
import { canonicalJson } from '../domain/canonicalJson.ts';
import { daysOfAdvance, daysOfLake } from '../domain/slots/staleDays.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs } from '../domain/time/time.ts';
import type { DayCommit, DerivationStore } from '../ports.ts';
import { earliestSlot, findSeries, type MemoryState, makeSeries, markDays } from './memoryState.ts';

/** The derivation's side of the memory store. */
export function createMemoryDerivation(state: MemoryState): DerivationStore {
  return {
    async readSettings() {
      return state.settings;
    },
    async writeSettings(settings) {
      const recorded = state.settings;
      state.settings = settings;
      if (recorded === null || canonicalJson(recorded) === canonicalJson(settings)) return;
      for (const { checkpoints, coverage } of state.series.values()) {
        checkpoints.clear();
        coverage.clear();
      }
      markDays(state, daysOfLake(earliestSlot(state), state.asOf));
    },
    async readAsOf() {
      return state.asOf;
    },
    async advanceAsOf(asOf) {
      advance(state, asOf);
      return state.asOf;
    },
    async dirtyDays() {
      const days = [...state.marks].filter(([day]) => day < state.asOf).sort(([a], [b]) => a - b);
      return days.map(([day, generation]) => ({ day, generation }));
    },
    async readCheckpoint(series, timeframeMinutes, day) {
      const text = findSeries(state, series)?.checkpoints.get(`${timeframeMinutes}|${day}`);
      return text === undefined ? null : (JSON.parse(text) as IndicatorState);
    },
    async commitDay(commit) {
      return commitDay(state, commit);
    },
    async readCoverage(series, from, to) {
      const records = [...(findSeries(state, series)?.coverage.values() ?? [])];
      return records
        .filter(({ day }) => day >= from && day < to && !state.marks.has(day))
        .sort((a, b) => a.day - b.day);
    },
  };
}

function advance(state: MemoryState, asOf: EpochMs): void {
  if (asOf <= state.asOf) return;
  if (state.settings === null)
    throw new Error('the watermark moves by an interval: write the settings first');
  const lake = { firstSlot: earliestSlot(state), intervalMs: intervalMs(state.settings.interval) };
  markDays(state, daysOfAdvance(state.asOf, asOf, lake));
  state.asOf = asOf;
}

function commitDay(state: MemoryState, { day, generation, checkpoints, coverage }: DayCommit): boolean {
  if (state.marks.get(day) !== generation) return false;
  state.marks.delete(day);
  let isChanged = false;
  for (const checkpoint of checkpoints) {
    const stored = makeSeries(state, checkpoint.series).checkpoints;
    const key = `${checkpoint.timeframeMinutes}|${day}`;
    const text = canonicalJson(checkpoint.state);
    isChanged ||= stored.get(key) !== text;
    stored.set(key, text);
  }
  for (const record of coverage) {
    const { series, ...rest } = record;
    makeSeries(state, series).coverage.set(rest.day, rest);
  }
  if (isChanged && day + DAY_MS < state.asOf) markDays(state, [day + DAY_MS]);
  return true;
}
