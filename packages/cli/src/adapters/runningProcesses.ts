import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type EpochMs, MINUTE_MS } from '@candlelake/core';
import { isBusy, storeError } from './sqliteErrors.ts';

/** A process that keeps a store. */
export interface RunningProcess {
  readonly command: string;
  readonly pid: number;
  /** By the real clock. */
  readonly startedAt: EpochMs;
  /** The address of its HTTP server; null without one. */
  readonly url: string | null;
}

/** The folder of the leases below an output folder. */
const FOLDER = 'running';

/** How often this process has recorded itself. */
let records = 0;

/** The file of a process that is just starting looks like that of one that has ended. */
const STARTING_MS = MINUTE_MS;

/**
 * Records that this process keeps the store of an output folder. Each process has a file of its own: a small
 * SQLite database that says who it is, in which a transaction stays open. The operating system ends it with
 * the process, however that ends. The returned function ends it before.
 */
export function recordProcess(
  output: string,
  { command, url = null }: Pick<RunningProcess, 'command'> & Partial<Pick<RunningProcess, 'url'>>,
): () => void {
  const folder = join(resolve(output), FOLDER);
  const { pid } = process;
  const running: RunningProcess = { command, pid, startedAt: Date.now(), url };
  mkdirSync(folder, { recursive: true });
  removeEnded(folder, running.startedAt - STARTING_MS);
  // Processes of two containers may have one number, and one process may keep a folder by several streams.
  records += 1;
  const path = join(folder, `${pid}.${records}-${running.startedAt}.sqlite`);
  try {
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE process (details TEXT NOT NULL) STRICT');
    database.prepare('INSERT INTO process VALUES (?)').run(JSON.stringify(running));
    // Others can read the file meanwhile, and none can begin such a transaction.
    database.exec('BEGIN IMMEDIATE');
    return () => {
      database.close();
      rmSync(path, { force: true });
    };
  } catch (error) {
    throw storeError(error, path);
  }
}

/**
 * The processes that keep the store of an output folder now, oldest first. Null when this user may not write
 * the folder: then the leases cannot be tried. Changes nothing.
 */
export function listProcesses(output: string): readonly RunningProcess[] | null {
  const folder = join(resolve(output), FOLDER);
  if (!existsSync(folder)) return [];
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return null;
  }
  const found = filesOf(folder).flatMap((path) => readRunning(path) ?? []);
  return found.sort((a, b) => a.startedAt - b.startedAt);
}

/** Removes the files of processes that started before `time` and have ended. */
function removeEnded(folder: string, time: EpochMs): void {
  for (const path of filesOf(folder)) {
    const startedAt = Number(/-(\d+)\.sqlite$/.exec(path)?.[1]);
    if (startedAt < time && readRunning(path) === null) rmSync(path, { force: true });
  }
}

function filesOf(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sqlite'));
  return names.map((name) => join(folder, name));
}

/** The process of a file; null when it has ended, or when the file is none of this program. */
function readRunning(path: string): RunningProcess | null {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    const row = database.prepare('SELECT details FROM process').get();
    if (!isHeld(database)) return null;
    return row === undefined ? null : (JSON.parse(String(row.details)) as RunningProcess);
  } catch {
    return null;
  } finally {
    database?.close();
  }
}

function isHeld(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    return false;
  } catch (error) {
    return isBusy(error);
  }
}
