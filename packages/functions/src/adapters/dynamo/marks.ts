import { DAY_MS, type DirtyDay, type EpochMs, formatDate, RetryableError, SECOND_MS } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import { forEachBounded } from '../bounded.ts';
import { markItem } from './keys.ts';
import { createWriting, deadlineOf, WRITER_LIFE_MS } from './markWriters.ts';
import type { DynamoTable, Item } from './table.ts';

/**
 * The marks of stale days. DynamoDB has no transaction over hundreds of items, so a writer marks twice: before its first write, with its
 * name among the day's writers, and after its last one, when it strikes its name out. Both raise the generation. A mark is only cleared while
 * nobody is writing and the generation is the one that the derivation began with: then all that is written was there to be read. A writer
 * that died leaves its name, so the mark stays.
 */
export interface DynamoMarks {
  /** Runs `write` between the two marks of these days. `write` has to ask `mayWrite` before each of its writes. */
  around<T>(days: Iterable<EpochMs>, write: (mayWrite: () => void) => Promise<T>): Promise<T>;
  /** The marked days, ascending; names of dead writers are struck out. */
  dirtyDays(): Promise<readonly DirtyDay[]>;
  /** The marked ones of the days in [from, to). */
  markedBetween(from: EpochMs, to: EpochMs): Promise<ReadonlySet<EpochMs>>;
  /** Whether the mark is still there and of that generation, and nobody is writing. */
  isCurrent(mark: DirtyDay): Promise<boolean>;
  /** Clears the mark if it is still of that generation and nobody is writing; returns whether it did. */
  clear(mark: DirtyDay): Promise<boolean>;
}

/** The last write may begin this long before: the client's retries and time-outs end within it. */
const LAST_WRITE_MS = 60 * SECOND_MS;
const CONCURRENCY = 16;

export interface MarksOptions {
  /** Real time even in a simulation: a network does not run faster with the clock. */
  readonly realNow: () => EpochMs;
  /**
   * How long a name stays among the writers of a day for the writes to come, at most a minute; 0 strikes it out after each. A process that
   * writes all the time saves two writes for each of its own. The day can't be cleared meanwhile; it is derived all the same.
   */
  readonly holdMs?: number;
}

export function createDynamoMarks(table: DynamoTable, { realNow, holdMs = 0 }: MarksOptions): DynamoMarks {
  const raise = (text: string) => (day: EpochMs, writer: string) =>
    table.update(markItem(day), { text, values: { ':one': 1, ':writer': [writer] } });
  const begin = raise('ADD #generation :one, #writers :writer');
  const strike = raise('ADD #generation :one DELETE #writers :writer');
  const writing = createWriting({ begin, strike, realNow, holdMs });

  /** Strikes dead writers out; the mark stays, of a greater generation. */
  async function bury(item: Item): Promise<Item> {
    const dead = writersOf(item).filter((writer) => deadlineOf(writer) <= realNow());
    let latest = item;
    for (const writer of dead) latest = (await strike(dayOf(item), writer)) ?? latest;
    return latest;
  }

  return {
    async around(days, write) {
      const marked = [...days];
      if (marked.length === 0) return write(() => {});
      await writing.strikeIdle();
      const names = await forEachBounded(marked, CONCURRENCY, writing.enter);
      const lastWrite = Math.min(...names.map(({ deadline }) => deadline)) - LAST_WRITE_MS;
      const mayWrite = () => {
        if (realNow() > lastWrite)
          throw new RetryableError(`writing took longer than ${WRITER_LIFE_MS / SECOND_MS} s`);
      };
      try {
        return await write(mayWrite);
      } finally {
        await forEachBounded(names, CONCURRENCY, writing.leave);
      }
    },
    async dirtyDays() {
      const marks = (await table.query(PARTITIONS.marks)).filter(isDirty);
      const living = await forEachBounded(marks, CONCURRENCY, bury);
      return living.map((item) => ({ day: dayOf(item), generation: item.generation as number }));
    },
    async markedBetween(from, to) {
      if (from >= to) return new Set();
      const range = { from: formatDate(from), to: formatDate(to - DAY_MS) };
      const marks = await table.query(PARTITIONS.marks, range);
      return new Set(marks.filter(isDirty).map(dayOf));
    },
    async isCurrent({ day, generation }) {
      const item = (await table.get(markItem(day))) ?? {};
      return item.generation === generation && isDirty(item) && writersOf(item).length === 0;
    },
    async clear({ day, generation }) {
      const cleared = await table.update(
        markItem(day),
        { text: 'SET #cleared = :generation', values: { ':generation': generation } },
        {
          text: '#generation = :generation AND attribute_not_exists(#writers) AND (attribute_not_exists(#cleared) OR #cleared < :generation)',
        },
      );
      return cleared !== null;
    },
  };
}

function isDirty(item: Item): boolean {
  const { generation = 0, cleared = 0 } = item;
  return generation > cleared || writersOf(item).length > 0;
}

function writersOf({ writers = [] }: Item): readonly string[] {
  return writers as readonly string[];
}

function dayOf({ sk }: Item): EpochMs {
  return Date.parse(sk as string);
}
