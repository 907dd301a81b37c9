import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs } from '../domain/time/time.ts';
import { ConflictError } from '../errors.ts';
import { objectPaths } from '../lake/partitions.ts';
import type { CheckpointRecord, DayCommit, DerivationStore, DirtyDay } from '../ports.ts';
import { computeDay, type DayRows } from './computeDay.ts';
import { type DerivedDay, type DerivePorts, deriveDay } from './deriveDay.ts';
import { type PresentObjects, readPresent, replaceObjects } from './replaceObjects.ts';

/** Days from `from` to `until` (exclusive). */
export interface DayRange {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** A run of days has at most so many rows of candles in memory, and always one day. */
const MAX_ROWS = 100_000;

/** Days whose tables are in memory at most: computed, and not written yet. */
const DAYS_IN_FLIGHT = 8;

/** A run has at most so many days: other processes wait for the lease while it lasts, about half a second. */
const MAX_DAYS = 64;

/**
 * Derives the marked days from the first day of the range on: up to a day without a mark, or as many as one
 * run takes. While days are encoded and written, the days after them are computed from their checkpoints; all
 * are committed together when their objects are written. Returns the derived days, oldest first: none when
 * the first day is not marked. A store without {@link DerivationStore.commitDays} has runs of one day. Throws
 * as {@link deriveDay} when the first day fails; the run ends before another day that fails.
 */
export async function deriveRun(
  ports: DerivePorts,
  range: DayRange,
  signal: AbortSignal,
): Promise<readonly DerivedDay[]> {
  const { commitDays } = ports.derivation;
  const marks = await marksOfRun(ports, range);
  const [first] = marks;
  if (!first) return [];
  if (!commitDays || marks.length === 1) return [await deriveDay(ports, first, signal)];
  const { written, failure } = await writeDays(ports, marks, signal);
  if (written.length > 0) {
    const committed = await commitDays(written.map(({ commit }) => commit));
    // The day that was marked meanwhile is derived too; those after it have begun with its old checkpoint.
    return written.slice(0, committed + 1).map(({ derived }) => derived);
  }
  if (failure instanceof ConflictError) return [await deriveDay(ports, first, signal)];
  throw failure;
}

/** The marks of consecutive days, from the first day of the range on. */
async function marksOfRun(
  { candles, derivation }: DerivePorts,
  { from, until }: DayRange,
): Promise<readonly DirtyDay[]> {
  const most = derivation.commitDays ? await daysAtOnce({ candles, derivation }) : 1;
  const marks: DirtyDay[] = [];
  for (let day = from; day < until && marks.length < most; day += DAY_MS) {
    const mark = await derivation.readMark(day);
    if (!mark) break;
    marks.push(mark);
  }
  return marks;
}

async function daysAtOnce({ candles, derivation }: Pick<DerivePorts, 'candles' | 'derivation'>) {
  const interval = (await derivation.readSettings())?.interval;
  if (!interval) return 1;
  const series = (await candles.listSeries()).filter((one) => one.interval === interval);
  const rows = Math.max(1, series.length) * (DAY_MS / intervalMs(interval));
  return Math.min(MAX_DAYS, Math.max(1, Math.floor(MAX_ROWS / rows)));
}

interface WrittenDay {
  readonly commit: DayCommit;
  readonly derived: DerivedDay;
}

/**
 * Computes the days one after the other, and writes each while the next ones are computed. Resolves after all
 * writes have ended, with the days before the first one that failed and with its error.
 */
async function writeDays(ports: DerivePorts, marks: readonly DirtyDay[], signal: AbortSignal) {
  const settings = await ports.derivation.readSettings();
  if (!settings) throw new Error('the store has marked days, expected recorded settings too');
  const { derivation, keep } = withNewest(ports.derivation);
  const writes: Promise<WrittenDay>[] = [];
  try {
    for (const mark of marks) {
      await writes.at(-DAYS_IN_FLIGHT)?.catch(() => undefined);
      // Versions before rows, as in deriveDay.
      const present = await readPresent(ports, mark.day, objectPaths(settings, mark.day));
      const rows = await computeDay({ ...ports, derivation }, settings, { day: mark.day, signal });
      keep(mark.day, rows.checkpoints);
      const write = writeDay(ports, { mark, rows, present });
      // It is awaited below, when the other days are computed.
      write.catch(() => undefined);
      writes.push(write);
    }
  } catch (error) {
    writes.push(Promise.reject(error));
  }
  const ended = await Promise.allSettled(writes);
  const failed = ended.findIndex(({ status }) => status === 'rejected');
  const whole = failed === -1 ? ended : ended.slice(0, failed);
  return {
    written: whole.map((one) => (one as PromiseFulfilledResult<WrittenDay>).value),
    failure: failed === -1 ? null : (ended[failed] as PromiseRejectedResult).reason,
  };
}

interface ComputedDay {
  readonly mark: DirtyDay;
  readonly rows: DayRows;
  readonly present: PresentObjects;
}

async function writeDay(ports: DerivePorts, { mark, rows, present }: ComputedDay): Promise<WrittenDay> {
  const { tables, bars, ...results } = rows;
  const { changed, ...written } = await replaceObjects(ports, tables, present);
  return {
    commit: { ...mark, ...results, ...written },
    derived: { day: mark.day, objects: changed, bars },
  };
}

/** Reads of a derivation that find the checkpoints of the day computed last, which are not committed yet. */
function withNewest(store: DerivationStore) {
  const keyOf = (series: CheckpointRecord['series'], timeframeMinutes: number) =>
    JSON.stringify([series.market, series.symbol, series.interval, timeframeMinutes]);
  let newest: { readonly day: EpochMs; readonly states: ReadonlyMap<string, CheckpointRecord['state']> } = {
    day: Number.NaN,
    states: new Map(),
  };
  const derivation: Pick<DerivationStore, 'readAsOf' | 'readCheckpoint'> = {
    readAsOf: () => store.readAsOf(),
    readCheckpoint: async (series, timeframeMinutes, day) =>
      (day === newest.day ? newest.states.get(keyOf(series, timeframeMinutes)) : undefined) ??
      store.readCheckpoint(series, timeframeMinutes, day),
  };
  const keep = (day: EpochMs, checkpoints: readonly CheckpointRecord[]) => {
    const states = checkpoints.map(
      ({ series, timeframeMinutes, state }) => [keyOf(series, timeframeMinutes), state] as const,
    );
    newest = { day, states: new Map(states) };
  };
  return { derivation, keep };
}
