import type { EpochMs } from '@candlelake/core';
import { mergePauses, type PaceStore, type Pause, paceHorizon, paceWait, pauseAt } from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';

/** The pace of requests that all processes on one file share. `clock` is the process clock. */
export function createSqlitePace({ database, write }: SqliteConnection, clock: () => EpochMs): PaceStore {
  const selectPause = database.prepare('SELECT ordered_at AS "from", until FROM request_pause');
  const updatePause = database.prepare('UPDATE request_pause SET ordered_at = ?, until = ?');
  // A start in the future was noted by a clock that has stepped back since: it counts as one of now, or it would block for ever.
  const pullBack = database.prepare('UPDATE request_starts SET at = ? WHERE at > ?');
  const prune = database.prepare('DELETE FROM request_starts WHERE at <= ?');
  const selectStarts = database.prepare('SELECT at FROM request_starts ORDER BY at');
  const insertStart = database.prepare('INSERT INTO request_starts (at) VALUES (?)');

  /** The pause in force, rewritten when the clock has stepped back since it was ordered. */
  function readPause(now: EpochMs): Pause {
    const stored = selectPause.get() as unknown as Pause;
    const pause = pauseAt(stored, now);
    if (pause !== stored) updatePause.run(pause.from, pause.until);
    return pause;
  }

  return {
    reserve: (now, limits) =>
      write(() => {
        const pause = readPause(now);
        if (pause.until > now) return pause.until - now;
        pullBack.run(now, now);
        const starts = selectStarts.all().map(({ at }) => at as number);
        const wait = Math.max(paceWait(starts, now, limits), 0);
        if (wait > 0) return wait;
        prune.run(paceHorizon(now, limits));
        insertStart.run(now);
        return 0;
      }),
    pause: (until) =>
      write(() => {
        const pause = mergePauses(readPause(clock()), { from: clock(), until });
        updatePause.run(pause.from, pause.until);
      }),
  };
}
