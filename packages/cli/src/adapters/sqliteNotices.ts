import type { DatabaseSync } from 'node:sqlite';
import { type CrossoverNotice, type EpochMs, NOTICE_LIFE_MS, startOfDay } from '@candlelake/core';
import { readStoredNotice } from './storedJson.ts';

/**
 * The notices in the order of their writes, and how far each sink is. Writes are part of the caller's
 * transaction.
 */
export interface SqliteNotices {
  /** The last notice of each crossover of a day. */
  lastOfDay(day: EpochMs): CrossoverNotice[];
  /** Adds notices of a day, and drops those whose time is over when the newest of these bars closed. */
  add(day: EpochMs, notices: readonly CrossoverNotice[]): void;
  /** The last notice of each of the newest crossovers, those of the newest bar first. */
  recent(limit: number): CrossoverNotice[];
  /** Adds a sink that nothing waits for; a known one stays as it is. */
  addSink(sink: string): void;
  /** Removes the sinks that are not in the list, and with them what waits for them. */
  keepSinks(sinks: readonly string[]): void;
  /** The first notices that wait for a sink. */
  waiting(sink: string, limit: number): CrossoverNotice[];
  count(sink: string): number;
  /** Nothing up to this notice waits for the sink any more. */
  moveSink(sink: string, notice: CrossoverNotice): void;
}

/** The tables `notices` and `sinks` of an open database. */
export function createSqliteNotices(database: DatabaseSync): SqliteNotices {
  const selectDay = database.prepare('SELECT notice FROM notices WHERE day = ? ORDER BY position');
  const insert = database.prepare(
    'INSERT INTO notices (day, event, sequence, close_time, notice) VALUES (?, ?, ?, ?, ?)',
  );
  const deleteOld = database.prepare('DELETE FROM notices WHERE close_time <= ?');
  const selectRecent = database.prepare(
    `SELECT notice FROM notices AS one WHERE NOT EXISTS
     (SELECT 1 FROM notices WHERE day = one.day AND event = one.event AND sequence > one.sequence)
     ORDER BY close_time DESC, event LIMIT ?`,
  );
  const insertSink = database.prepare(
    `INSERT OR IGNORE INTO sinks (name, position) VALUES
     (?, (SELECT coalesce(max(position), 0) FROM notices))`,
  );
  const deleteSinks = database.prepare(
    'DELETE FROM sinks WHERE name NOT IN (SELECT value FROM json_each(?))',
  );
  const selectWaiting = database.prepare(
    `SELECT notice FROM notices WHERE position > (SELECT position FROM sinks WHERE name = ?)
     ORDER BY position LIMIT ?`,
  );
  const countWaiting = database.prepare(
    `SELECT count(*) AS count FROM notices WHERE position > (SELECT position FROM sinks WHERE name = ?)`,
  );
  const updateSink = database.prepare(
    `UPDATE sinks SET position = max(position, coalesce(
     (SELECT position FROM notices WHERE day = ? AND event = ? AND sequence = ?), 0)) WHERE name = ?`,
  );

  return {
    lastOfDay: (day) => {
      const notices = noticesOf(selectDay.all(day));
      return [...new Map(notices.map((notice) => [notice.id, notice])).values()];
    },
    add: (day, notices) => {
      for (const notice of notices) {
        insert.run(day, notice.id, notice.sequence, notice.closeTime, JSON.stringify(notice));
      }
      const newest = notices.at(-1);
      if (newest) deleteOld.run(newest.closeTime - NOTICE_LIFE_MS);
    },
    recent: (limit) => noticesOf(selectRecent.all(limit)),
    addSink: (sink) => void insertSink.run(sink),
    keepSinks: (sinks) => void deleteSinks.run(JSON.stringify(sinks)),
    waiting: (sink, limit) => noticesOf(selectWaiting.all(sink, limit)),
    count: (sink) => (countWaiting.get(sink) as { count: number }).count,
    moveSink: (sink, { id, sequence, closeTime }) =>
      void updateSink.run(startOfDay(closeTime - 1), id, sequence, sink),
  };
}

function noticesOf(rows: readonly unknown[]): CrossoverNotice[] {
  return (rows as { notice: string }[]).map(({ notice }) => readStoredNotice(notice));
}
