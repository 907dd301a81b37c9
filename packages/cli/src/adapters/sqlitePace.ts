import {
  type EpochMs,
  orderPause,
  type PaceState,
  type PaceStore,
  type Pause,
  reservePlace,
} from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';

/** The pace of requests that all processes on one file share. `clock` is the process clock. */
export function createSqlitePace({ database, write }: SqliteConnection, clock: () => EpochMs): PaceStore {
  const selectPause = database.prepare('SELECT ordered_at AS "from", until FROM request_pause');
  const updatePause = database.prepare('UPDATE request_pause SET ordered_at = ?, until = ?');
  const selectStarts = database.prepare('SELECT at FROM request_starts ORDER BY at');
  const deleteBefore = database.prepare('DELETE FROM request_starts WHERE at < ?');
  const moveBack = database.prepare('UPDATE request_starts SET at = ? WHERE at > ?');
  const insertStart = database.prepare('INSERT INTO request_starts (at) VALUES (?)');

  const readPause = () => selectPause.get() as unknown as Pause;

  function readState(): PaceState {
    return { starts: selectStarts.all().map(({ at }) => at as number), pause: readPause() };
  }

  /** Writes row by row what differs: rewriting the list would cost hundreds of rows for each request. */
  function writeState({ starts, pause }: PaceState, isStarted: boolean): void {
    updatePause.run(pause.from, pause.until);
    const [oldest, newest] = [starts[0], starts.at(-1)];
    if (oldest === undefined || newest === undefined) return;
    deleteBefore.run(oldest);
    moveBack.run(newest, newest);
    if (isStarted) insertStart.run(newest);
  }

  return {
    reserve: (now, limits) =>
      write(() => {
        const before = readState();
        const { waitMs, state } = reservePlace(before, now, limits);
        if (state !== before) writeState(state, waitMs === 0);
        return waitMs;
      }),
    pause: (until) =>
      write(() => {
        const { from, until: end } = orderPause(readPause(), clock(), until);
        updatePause.run(from, end);
      }),
  };
}
