import { type PaceStore, paceText, parsePaceText } from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';

/** The pace of requests that all processes on one file share. */
export function createSqlitePace({ database, write }: SqliteConnection): PaceStore {
  const select = database.prepare('SELECT state FROM request_pace');
  const update = database.prepare('UPDATE request_pace SET state = ?');
  return {
    changePace: (step) =>
      write(() => {
        const before = parsePaceText((select.get() as { readonly state: string }).state);
        const { state, result } = step(before);
        if (state !== before) update.run(paceText(state));
        return result;
      }),
  };
}
