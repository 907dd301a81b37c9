import {
  type CrossoverNotice,
  DAY_MS,
  type DayCommit,
  type EpochMs,
  formatDate,
  NOTICE_LIFE_MS,
  type NoticeStore,
  newestFirst,
  planNotices,
  SECOND_MS,
  startOfDay,
} from '@candlelake/core';
import { PARTITIONS, TABLE_EXPIRY } from '../../names.ts';
import { mapBounded } from '../bounded.ts';
import { instantSort, markItem } from './keys.ts';
import type { DynamoTable, Item, ItemKey } from './table.ts';

/**
 * The notices of crossovers: one partition for each day with the last notice of each crossover, which
 * expires, and one with those that wait. All sinks share what waits: on AWS the topic is the only one.
 */
export interface DynamoNotices extends NoticeStore {
  /**
   * Writes the notices that the commit of a day gives, as long as the day's mark has the commit's generation.
   * The mark may have writers meanwhile: then the day is derived again, and a notice that was wrong is taken
   * back.
   */
  write(commit: DayCommit, since: EpochMs | null): Promise<void>;
}

const CONCURRENCY = 8;
const NOTICE_DAYS = NOTICE_LIFE_MS / DAY_MS;
const SEQUENCE_DIGITS = 6;

/** The notices in the table. `now` is the process clock. */
export function createDynamoNotices(table: DynamoTable, now: () => EpochMs): DynamoNotices {
  const lastOfDay = async (day: EpochMs) => (await table.query(noticePartition(day))).map(noticeOf);

  async function writeOne(notice: CrossoverNotice, { day, generation }: DayCommit): Promise<void> {
    const { id, sequence, closeTime } = notice;
    const text = JSON.stringify(notice);
    const expires = Math.ceil((closeTime + NOTICE_LIFE_MS) / SECOND_MS);
    const isNext =
      sequence === 1
        ? { text: 'attribute_not_exists(#sequence)' }
        : { text: '#sequence = :before', values: { ':before': sequence - 1 } };
    await table.putTogether(
      [
        {
          key: { partition: noticePartition(day), sort: id },
          item: { notice: text, sequence, [TABLE_EXPIRY]: expires },
          condition: isNext,
        },
        { key: outboxItem(notice), item: { notice: text } },
      ],
      {
        key: markItem(day),
        condition: { text: '#generation = :generation', values: { ':generation': generation } },
      },
    );
  }

  return {
    async write(commit, since) {
      const { day, crossovers: found = [] } = commit;
      if (since === null || day + DAY_MS <= since) return;
      const known = await lastOfDay(day);
      const notices = planNotices({ known, found, since });
      await mapBounded(notices, CONCURRENCY, (notice) => writeOne(notice, commit));
    },
    async recentNotices(limit) {
      const recent: CrossoverNotice[] = [];
      const today = startOfDay(now());
      for (let back = 0; back <= NOTICE_DAYS && recent.length < limit; back++) {
        recent.push(...(await lastOfDay(today - back * DAY_MS)).sort(newestFirst));
      }
      return recent.slice(0, limit);
    },
    openOutbox: async () => ({
      waiting: async (limit) => (await table.query(PARTITIONS.outbox)).slice(0, limit).map(noticeOf),
      count: async () => (await table.query(PARTITIONS.outbox)).length,
      remove: (notice) => table.remove(outboxItem(notice)),
    }),
  };
}

function noticeOf({ notice }: Item): CrossoverNotice {
  return JSON.parse(notice as string) as CrossoverNotice;
}

/** The partition of the notices of a day's bars. */
function noticePartition(day: EpochMs): string {
  return PARTITIONS.notices + formatDate(day);
}

/** What waits is sorted by the close of its bar; the notices of one id by their sequence. */
function outboxItem({ id, sequence, closeTime }: CrossoverNotice): ItemKey {
  const sort = `${instantSort(closeTime)}#${id}#${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`;
  return { partition: PARTITIONS.outbox, sort };
}
