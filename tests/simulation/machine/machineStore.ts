import { appendFileSync, copyFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { EpochMs } from '@candlelake/core';
import { IN_MEMORY } from '../../../packages/cli/src/adapters/sqliteConnection.ts';
import { openSqliteStore, type SqliteStore } from '../../../packages/cli/src/adapters/sqliteStore.ts';
import type { KillMoment } from './effects.ts';
import { makeMachineFolder } from './machineFolder.ts';
import { withReadCache } from './readCache.ts';

/** The store's file on a simulated machine. */
export interface MachineStore {
  /** What a process that starts now opens. */
  open(now: () => EpochMs): SqliteStore;
  /** What the process that started last opened. */
  current(): SqliteStore;
  /** Keeps a copy: the write that follows may be torn. */
  beforeTear(): void;
  /** The last process was killed: what it had not synced is lost or garbage. */
  onKilled(moment: KillMoment): void;
  close(): void;
}

/** The store of a machine: SQLite in memory, or a file. `random` decides what a kill leaves of a write. */
export function openMachineStore(isFile: boolean, random: () => number): MachineStore {
  return isFile ? openFile(random) : openMemory();
}

/** One connection that outlives the processes: each commit is on the disk when it returns. */
function openMemory(): MachineStore {
  let store: SqliteStore | null = null;
  return {
    open: (now) => {
      store ??= withReadCache(openSqliteStore(IN_MEMORY, { now }));
      return store;
    },
    current: () => store!,
    beforeTear() {},
    onKilled() {},
    close: () => store?.close(),
  };
}

/**
 * A file. A kill leaves its write-ahead log behind, with garbage at the end, or cut off in the write that it
 * hit. Pages of that write are not in the database yet: SQLite copies them there after it has synced the log.
 */
function openFile(random: () => number): MachineStore {
  const root = makeMachineFolder();
  const opened: SqliteStore[] = [];
  let generation = 0;
  let logBytes = 0;
  const pathOf = (number: number) => join(root, `${number}.sqlite`);
  const logOf = (number: number) => `${pathOf(number)}-wal`;
  const logSize = () => statSync(logOf(generation), { throwIfNoEntry: false })?.size ?? 0;
  return {
    open(now) {
      const store = openSqliteStore(pathOf(generation), { now });
      opened.push(store);
      return store;
    },
    current: () => opened.at(-1)!,
    beforeTear() {
      logBytes = logSize();
      copyFileSync(pathOf(generation), pathOf(generation + 1));
    },
    onKilled(moment) {
      const size = logSize();
      const isTorn = moment === 'during' && logBytes > 0 && size > logBytes;
      if (!isTorn) copyFileSync(pathOf(generation), pathOf(generation + 1));
      if (size > 0) copyFileSync(logOf(generation), logOf(generation + 1));
      generation += 1;
      if (isTorn) truncateSync(logOf(generation), logBytes + Math.floor(random() * (size - logBytes)));
      if (size > 0) appendFileSync(logOf(generation), Buffer.alloc(Math.floor(random() * 5_000), 0xa5));
    },
    close() {
      for (const store of opened) store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
