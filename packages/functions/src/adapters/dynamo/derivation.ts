import {
  canonicalJson,
  DAY_MS,
  type DayCommit,
  type DerivationStore,
  daysOfAdvance,
  daysOfLake,
  type EpochMs,
  intervalMs,
  type LakeSettings,
  RetryableError,
} from '@candlelake/core';
import type { DynamoDerived } from './derived.ts';
import type { DynamoLake } from './lake.ts';
import type { DynamoMarks } from './marks.ts';
import type { DynamoSeries } from './series.ts';

export interface DerivationParts {
  readonly lake: DynamoLake;
  readonly marks: DynamoMarks;
  readonly series: Pick<DynamoSeries, 'all'>;
  readonly derived: DynamoDerived;
}

/** Another process changes settings once in a deployment; more often than this in a row it is not chance. */
const MAX_ATTEMPTS = 5;

/** The derivation's side of the DynamoDB store. */
export function createDynamoDerivation(parts: DerivationParts): DerivationStore {
  const { lake, marks, derived } = parts;
  return {
    readSettings: async () => (await lake.read()).settings,
    writeSettings: (settings) => writeSettings(parts, settings),
    readAsOf: async () => (await lake.read()).asOf,
    advanceAsOf: (asOf) => advance(parts, asOf),
    async dirtyDays() {
      const { asOf } = await lake.read();
      return (await marks.dirtyDays()).filter(({ day }) => day < asOf);
    },
    readCheckpoint: derived.checkpoint,
    commitDay: (commit) => commitDay(parts, commit),
    async readCoverage(series, from, to) {
      const [records, marked] = await Promise.all([
        derived.coverage(series, from, to),
        marks.markedBetween(from, to),
      ]);
      return records.filter(({ day }) => !marked.has(day));
    },
  };
}

async function writeSettings(
  { lake, marks, series }: DerivationParts,
  settings: LakeSettings,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const state = await lake.read();
    if (state.settings !== null && canonicalJson(state.settings) === canonicalJson(settings)) return;
    const days = state.settings === null ? [] : daysOfLake(await earliestSlot(series), state.asOf);
    if (await marks.around(days, () => lake.replaceSettings(state, settings))) return;
  }
  throw new RetryableError('the recorded settings kept changing while they were to be written');
}

/**
 * The first candle of all may be stored while the watermark moves: then its writer saw the old watermark and marked too few days. So the
 * first slot is read once more after the move.
 */
async function advance({ lake, marks, series }: DerivationParts, asOf: EpochMs): Promise<EpochMs> {
  const { asOf: before, settings } = await lake.read();
  if (asOf <= before) return before;
  if (settings === null) throw new Error('the watermark moves by an interval: write the settings first');
  const lengthMs = intervalMs(settings.interval);
  const touched = async () =>
    daysOfAdvance(before, asOf, { firstSlot: await earliestSlot(series), intervalMs: lengthMs });
  const days = await touched();
  const raised = await marks.around(days, () => lake.raiseAsOf(asOf));
  const late = [...(await touched())].filter((day) => !days.has(day));
  await marks.around(late, async () => {});
  return raised;
}

/**
 * A commit that has lost by the time it begins changes nothing. One that loses while it goes on leaves facts of its generation behind, which the
 * derivation that the newer mark asks for replaces. The next day is marked before the checkpoints that it begins with are written, and the day's own mark is cleared last: whatever step a
 * crash comes after, what is still to be derived is marked.
 */
async function commitDay({ lake, marks, derived }: DerivationParts, commit: DayCommit): Promise<boolean> {
  if (!(await marks.isCurrent(commit))) return false;
  const { asOf } = await lake.read();
  const changed = await derived.changed(commit);
  const next = commit.day + DAY_MS;
  await marks.around(changed.length > 0 && next < asOf ? [next] : [], () =>
    derived.writeCheckpoints(commit, changed),
  );
  await derived.writeCoverage(commit);
  return marks.clear(commit);
}

async function earliestSlot(series: Pick<DynamoSeries, 'all'>): Promise<EpochMs | null> {
  const slots = (await series.all()).flatMap(({ firstSlot }) => firstSlot ?? []);
  return slots.length === 0 ? null : Math.min(...slots);
}
