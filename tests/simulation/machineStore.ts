import { appendFileSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EpochMs } from '@candlelake/core';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';

/** The store's file on a simulated machine. */
export interface MachineStore {
  /** What a process that starts now opens. */
  open(now: () => EpochMs): SqliteStore;
  /** What the process that started last opened. */
  current(): SqliteStore;
  /** A process was killed: what it had not synced is lost or garbage. */
  onKilled(): void;
  close(): void;
}

/** Every so many seeds the store is a real file. */
const FILE_EVERY = 7;

/** The store of a machine: SQLite in memory, or a file for some seeds. */
export function openMachineStore(seed: number): MachineStore {
  return seed % FILE_EVERY === 3 ? openFile() : openMemory();
}

/** One connection that outlives the processes: each commit is on the disk when it returns, so nothing of it can be lost. */
function openMemory(): MachineStore {
  let store: SqliteStore | null = null;
  return {
    open: (now) => {
      store ??= openSqliteStore(':memory:', { now });
      return store;
    },
    current: () => store!,
    onKilled() {},
    close: () => store?.close(),
  };
}

/** A file; a kill leaves its write-ahead log behind with a torn frame at the end. */
function openFile(): MachineStore {
  const root = mkdtempSync(join(tmpdir(), 'candlelake-simulation-'));
  const opened: SqliteStore[] = [];
  let generation = 0;
  const pathOf = (number: number) => join(root, `${number}.sqlite`);
  return {
    open(now) {
      const store = openSqliteStore(pathOf(generation), { now });
      opened.push(store);
      return store;
    },
    current: () => opened.at(-1)!,
    onKilled() {
      const [before, after] = [pathOf(generation), pathOf(generation + 1)];
      for (const part of ['', '-wal'])
        if (existsSync(before + part)) copyFileSync(before + part, after + part);
      if (existsSync(`${after}-wal`)) appendFileSync(`${after}-wal`, Buffer.alloc(1000, 0xa5));
      generation += 1;
    },
    close() {
      for (const store of opened) store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
