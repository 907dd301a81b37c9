import { type PaceState, type PaceStore, paceText, parsePaceText } from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';

/** The pace of requests that all processes on one file share. */
export function createSqlitePace({ database, write }: SqliteConnection): PaceStore {
  const select = database.prepare('SELECT state FROM request_pace');
  const update = database.prepare('UPDATE request_pace SET state = ?');
  /** The last state that was seen: unless another process has written, it need not be read from its text. */
  let known: { readonly text: string; readonly state: PaceState } | null = null;

  function stateOf(text: string): PaceState {
    if (known?.text !== text) known = { text, state: parsePaceText(text) };
    return known.state;
  }

  return {
    changePace: (step) =>
      write(() => {
        const before = stateOf((select.get() as { readonly state: string }).state);
        const { state, result } = step(before);
        if (state === before) return result;
        const text = paceText(state);
        update.run(text);
        known = { text, state };
        return result;
      }),
  };
}
