import type { IndicatorState } from '../domain/bars/indicators.ts';
import { planAdvance, planCommit, planSettings } from '../domain/slots/derivationPlan.ts';
import type { EpochMs } from '../domain/time/time.ts';
import { startOfDay } from '../domain/time/time.ts';
import type { CheckpointRecord, DayCommit, DerivationStore } from '../ports.ts';
import { addNotices } from './memoryNotices.ts';
import { earliestOf, ensureSeries, findSeries, type MemoryState, markDays } from './memoryState.ts';

/** The derivation's side of the memory store. */
export function createMemoryDerivation(state: MemoryState): DerivationStore {
  return {
    async readSettings() {
      return state.settings;
    },
    async writeSettings(settings) {
      const plan = planSettings(state, settings, earliestOf(state));
      if (plan === null) return;
      state.settings = settings;
      if (plan.dropsDerived) dropDerived(state);
      markDays(state, plan.days);
    },
    async readAsOf() {
      return state.asOf;
    },
    async advanceAsOf(asOf) {
      const days = planAdvance(state, asOf, earliestOf(state));
      if (days === null) return state.asOf;
      markDays(state, days);
      state.asOf = asOf;
      state.noticesFrom ??= asOf;
      return asOf;
    },
    async lowerAsOf(asOf) {
      if (asOf >= state.asOf) return;
      state.asOf = asOf;
      if (state.noticesFrom !== null) state.noticesFrom = Math.min(state.noticesFrom, asOf);
      markDays(state, new Set([startOfDay(asOf)]));
    },
    async dirtyDays() {
      const days = [...state.marks].filter(([day]) => day < state.asOf).sort(([a], [b]) => a - b);
      return days.map(([day, generation]) => ({ day, generation }));
    },
    async readMark(day) {
      const generation = state.marks.get(day);
      return generation === undefined ? null : { day, generation };
    },
    async readCheckpoint(series, timeframeMinutes, day) {
      const text = checkpointText(state, { series, timeframeMinutes }, day);
      return text === null ? null : (JSON.parse(text) as IndicatorState);
    },
    async commitDay(commit) {
      return commitDays(state, [commit]) === 1;
    },
    async commitDays(commits) {
      return commitDays(state, commits);
    },
    async readCoverage(series, from, to) {
      const records = [...(findSeries(state, series)?.coverage.values() ?? [])];
      return records
        .filter(({ day }) => day >= from && day < to && !state.marks.has(day))
        .sort((a, b) => a.day - b.day);
    },
    async readObjects(from, to) {
      const days = [...state.objects].filter(([day]) => day >= from && day < to && !state.marks.has(day));
      return days.sort(([a], [b]) => a - b).map(([day, objects]) => ({ day, objects }));
    },
    async readEncodings(day) {
      return state.encodings.get(day) ?? [];
    },
    async markDays(days) {
      markDays(state, days);
    },
  };
}

function commitDays(state: MemoryState, commits: readonly DayCommit[]): number {
  const refused = commits.findIndex(({ day, generation }) => state.marks.get(day) !== generation);
  const accepted = refused === -1 ? commits : commits.slice(0, refused);
  const days = new Set(accepted.map(({ day }) => day));
  for (const day of days) state.marks.delete(day);
  for (const commit of accepted) commitDay(state, commit, days);
  return accepted.length;
}

/** Commits a day of a run of `days`, whose marks are cleared. */
function commitDay(state: MemoryState, commit: DayCommit, days: ReadonlySet<EpochMs>): void {
  const { day, coverage, objects, encodings } = commit;
  const plan = planCommit(commit, state.asOf, (checkpoint) => checkpointText(state, checkpoint, day));
  for (const checkpoint of plan.checkpoints) {
    ensureSeries(state, checkpoint.series).checkpoints.set(
      checkpointKey(checkpoint, day),
      checkpoint.stateText,
    );
  }
  for (const { series, ...record } of coverage) {
    ensureSeries(state, series).coverage.set(record.day, record);
  }
  state.objects.set(day, objects);
  if (encodings) state.encodings.set(day, encodings);
  addNotices(state, commit);
  markDays(state, new Set([...plan.days].filter((next) => !days.has(next))));
}

function dropDerived(state: MemoryState): void {
  state.objects.clear();
  state.noticesFrom = null;
  for (const { checkpoints, coverage } of state.series.values()) {
    checkpoints.clear();
    coverage.clear();
  }
}

type CheckpointName = Pick<CheckpointRecord, 'series' | 'timeframeMinutes'>;

function checkpointText(state: MemoryState, name: CheckpointName, day: EpochMs): string | null {
  return findSeries(state, name.series)?.checkpoints.get(checkpointKey(name, day)) ?? null;
}

function checkpointKey({ timeframeMinutes }: CheckpointName, day: EpochMs): string {
  return `${timeframeMinutes}|${day}`;
}
