import {
  type DayCommit,
  type DerivationStore,
  type EpochMs,
  earliestSlot,
  type LakeSettings,
  planAdvance,
  planCommit,
  planSettings,
  RetryableError,
  startOfDay,
} from '@candlelake/core';
import type { DynamoDerived } from './derived.ts';
import type { DynamoLake } from './lake.ts';
import type { DynamoMarks } from './marks.ts';
import type { DynamoNotices } from './notices.ts';
import type { DynamoSeries } from './series.ts';

export interface DerivationParts {
  readonly lake: DynamoLake;
  readonly marks: DynamoMarks;
  readonly series: Pick<DynamoSeries, 'all'>;
  readonly derived: DynamoDerived;
  readonly notices: Pick<DynamoNotices, 'write'>;
}

/** Settings change once in a deployment; more lost attempts than this in a row have another cause. */
const MAX_ATTEMPTS = 5;

/** The derivation's side of the DynamoDB store. */
export function createDynamoDerivation(parts: DerivationParts): DerivationStore {
  const { lake, marks, derived } = parts;
  return {
    readSettings: async () => (await lake.read()).settings,
    writeSettings: (settings) => writeSettings(parts, settings),
    readAsOf: async () => (await lake.read()).asOf,
    advanceAsOf: (asOf) => advanceAsOf(parts, asOf),
    lowerAsOf: (asOf) => marks.around([startOfDay(asOf)], () => lake.lowerAsOf(asOf)),
    async dirtyDays() {
      const { asOf } = await lake.read();
      return (await marks.dirtyDays()).filter(({ day }) => day < asOf);
    },
    readMark: marks.markOf,
    readCheckpoint: derived.checkpoint,
    commitDay: (commit) => commitDay(parts, commit),
    async readCoverage(series, from, to) {
      const [records, marked] = await Promise.all([
        derived.coverage(series, from, to),
        marks.markedBetween(from, to),
      ]);
      return records.filter(({ day }) => !marked.has(day));
    },
    async readObjects(from, to) {
      const [days, marked] = await Promise.all([derived.objects(from, to), marks.markedBetween(from, to)]);
      return days.filter(({ day }) => !marked.has(day));
    },
    markDays: (days) => marks.around(days, async () => {}),
  };
}

async function writeSettings(
  { lake, marks, series }: DerivationParts,
  settings: LakeSettings,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const recorded = await lake.read();
    const draft = planSettings(recorded, settings, null);
    if (draft === null) return;
    // The first slot takes a read of every series, and only a change of settings needs it.
    const plan = draft.dropsDerived ? planSettings(recorded, settings, await readFirstSlot(series)) : draft;
    if (await marks.around(plan?.days ?? [], () => lake.replaceSettings(recorded, settings))) return;
  }
  throw new RetryableError('other processes kept changing the recorded settings; try again');
}

/**
 * A first candle that is stored while the watermark moves marks its days by the old watermark, which is too
 * few. So the first slot is read once more after the move, and the days that it adds are marked.
 */
async function advanceAsOf({ lake, marks, series }: DerivationParts, asOf: EpochMs): Promise<EpochMs> {
  const recorded = await lake.read();
  if (planAdvance(recorded, asOf, null) === null) return recorded.asOf;
  const planDays = async () => planAdvance(recorded, asOf, await readFirstSlot(series)) ?? new Set();
  const days = await planDays();
  const raised = await marks.around(days, () => lake.raiseAsOf(recorded, asOf));
  const late = [...(await planDays())].filter((day) => !days.has(day));
  await marks.around(late, async () => {});
  return raised;
}

/**
 * A commit whose mark is outdated at the start changes nothing. One whose mark is renewed while it runs
 * leaves facts of its generation behind; the derivation of the newer mark replaces them. Order: mark the next
 * day, write its checkpoints, clear the day's own mark. So whatever is still to be derived is marked after a
 * crash at any step.
 */
async function commitDay(
  { lake, marks, derived, notices }: DerivationParts,
  commit: DayCommit,
): Promise<boolean> {
  const { asOf, noticesFrom } = await lake.read();
  // Before the mark is looked at: the stream is among its writers most of the time, and notices must not
  // wait.
  await notices.write(commit, noticesFrom);
  if (!(await marks.isCurrent(commit))) return false;
  const plan = planCommit(commit, asOf, await derived.storedStates(commit));
  await marks.around(plan.days, () => derived.writeCheckpoints(commit, plan.checkpoints));
  await derived.writeCoverage(commit);
  await derived.writeObjects(commit);
  return marks.clear(commit);
}

async function readFirstSlot(series: Pick<DynamoSeries, 'all'>): Promise<EpochMs | null> {
  return earliestSlot(await series.all());
}
