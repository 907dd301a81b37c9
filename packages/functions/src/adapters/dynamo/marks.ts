import { DAY_MS, type DirtyDay, type EpochMs, formatDate, RetryableError, SECOND_MS } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import { mapBounded } from '../bounded.ts';
import { markItem } from './keys.ts';
import { DayWriters, deadlineOf, WRITER_LIFE_MS } from './markWriters.ts';
import type { DynamoTable, Item } from './table.ts';

/**
 * The marks of stale days. DynamoDB has no transaction over hundreds of items, so a writer marks each day
 * twice: it adds itself to the writers of the mark before its first write, and removes itself after its last.
 * Both raise the generation. A mark is cleared only while it has no writers and the generation that the
 * derivation started from: then the derivation has read every write. The entry of a writer that died keeps
 * the mark until the entry expires (docs/decisions/0010-marks-around-writes.md).
 */
export interface DynamoMarks {
  /**
   * Runs `write` between the two marks of these days. `write` has to call `mayWrite` before each write; it
   * throws RetryableError when the time for writing is over.
   */
  around<T>(days: Iterable<EpochMs>, write: (mayWrite: () => void) => Promise<T>): Promise<T>;
  /** The marked days, ascending. Removes expired writers from the marks. */
  dirtyDays(): Promise<readonly DirtyDay[]>;
  /** The mark of a day, without expired writers; null when it has none. */
  markOf(day: EpochMs): Promise<DirtyDay | null>;
  /** The marked days in [from, to). */
  markedBetween(from: EpochMs, to: EpochMs): Promise<ReadonlySet<EpochMs>>;
  /** Whether the day still has this mark, and no writers. */
  isCurrent(mark: DirtyDay): Promise<boolean>;
  /** Clears the mark if the day still has it, and no writers; returns whether it did. */
  clear(mark: DirtyDay): Promise<boolean>;
}

/**
 * The last write may begin this long before the deadline: the client's time-outs and retries end within it.
 */
const LAST_WRITE_MS = 60 * SECOND_MS;
const CONCURRENCY = 16;

export interface MarksOptions {
  /** Real time, also when the process clock is simulated: network calls take real time. */
  readonly realNow: () => EpochMs;
  /**
   * How long this process stays among the writers of a day after a write, at most a minute; 0 removes it at
   * once. It saves two writes per candle in a process that writes all the time. Meanwhile the day is derived,
   * but its mark is not cleared.
   */
  readonly holdMs?: number;
}

/** The marks of days, one item for each day that was ever marked. */
export function createDynamoMarks(table: DynamoTable, { realNow, holdMs = 0 }: MarksOptions): DynamoMarks {
  const raise = (text: string) => (day: EpochMs, writer: string) =>
    table.update(markItem(day), { text, values: { ':one': 1, ':writer': [writer] } });
  const add = raise('ADD #generation :one, #writers :writer');
  const remove = raise('ADD #generation :one DELETE #writers :writer');
  const writers = new DayWriters({ add, remove, realNow, holdMs });

  /**
   * Returns the mark without expired writers. Each removal raises the generation, so the day is derived once
   * more.
   */
  async function removeExpired(item: Item): Promise<Item> {
    const expired = writersOf(item).filter((writer) => deadlineOf(writer) <= realNow());
    let latest = item;
    for (const writer of expired) latest = (await remove(dayOf(item), writer)) ?? latest;
    return latest;
  }

  return {
    async around(days, write) {
      const marked = [...days];
      if (marked.length === 0) return write(() => {});
      await writers.removeIdle();
      const entries = await mapBounded(marked, CONCURRENCY, (day) => writers.enter(day));
      const never = Number.POSITIVE_INFINITY;
      const lastWrite =
        entries.reduce((least, { deadline }) => Math.min(least, deadline), never) - LAST_WRITE_MS;
      const mayWrite = () => {
        if (realNow() > lastWrite)
          throw new RetryableError(
            `writing took longer than ${(WRITER_LIFE_MS - LAST_WRITE_MS) / SECOND_MS} s; try again`,
          );
      };
      try {
        return await write(mayWrite);
      } finally {
        await mapBounded(entries, CONCURRENCY, (entry) => writers.leave(entry));
      }
    },
    async dirtyDays() {
      const marks = (await table.query(PARTITIONS.marks)).filter(isDirty);
      const items = await mapBounded(marks, CONCURRENCY, removeExpired);
      return items.map(toDirtyDay);
    },
    async markOf(day) {
      const item = await table.get(markItem(day));
      return item && isDirty(item) ? toDirtyDay(await removeExpired(item)) : null;
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
          text:
            '#generation = :generation AND attribute_not_exists(#writers) AND ' +
            '(attribute_not_exists(#cleared) OR #cleared < :generation)',
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

function toDirtyDay(item: Item): DirtyDay {
  return { day: dayOf(item), generation: item.generation as number };
}

function writersOf({ writers = [] }: Item): readonly string[] {
  return writers as readonly string[];
}

function dayOf({ sk }: Item): EpochMs {
  return Date.parse(sk as string);
}
