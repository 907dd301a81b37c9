import { dirname } from 'node:path';
import { ConfigError, RetryableError } from '@candlelake/core';

/** Primary result codes of SQLite. Source: https://sqlite.org/rescode.html */
const ERROR = 1;
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** The file of the store is damaged, or gone while its lake is there. Nothing more is written to it. */
export class StoreDamagedError extends Error {
  override readonly name = 'StoreDamagedError';
  /** What is wrong, without what to do. */
  readonly finding: string;

  constructor(path: string, finding: string, options?: ErrorOptions) {
    super(`${finding}; ${remedyFor(path)}`, options);
    this.finding = finding;
  }
}

/** What to do about a store that cannot be used. */
function remedyFor(path: string): string {
  const command = `candlelake repair --output ${dirname(path)} --rebuild-store`;
  return `restore it from a copy, or make a new one from the lake and history with "${command}"`;
}

/** What was read from the store is not what the program writes. The message says what and where. */
export class DamagedRowError extends Error {
  override readonly name = 'DamagedRowError';
}

/** SQLite quotes whole statements of a damaged schema. */
const MAX_FINDING_CHARACTERS = 200;

/** The error of a damaged store; `finding` says which check failed. */
export function storeDamaged(path: string, finding: string, options?: ErrorOptions): StoreDamagedError {
  const shortFinding = finding.replaceAll(/\s+/g, ' ').slice(0, MAX_FINDING_CHARACTERS);
  const text = `store "${path}" is damaged (${shortFinding}) and is not written any more`;
  return new StoreDamagedError(path, text, options);
}

/** Whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** Whether the file is no database: its first bytes are those of something else. */
export function isNotDatabase(error: unknown): boolean {
  return resultCode(error) === NOTADB;
}

/**
 * An error of SQLite as one line for the user: the file, what is wrong and what to do. Any other error is
 * returned unchanged.
 */
export function storeError(error: unknown, path: string): unknown {
  const options = { cause: error };
  if (error instanceof DamagedRowError) return storeDamaged(path, error.message, options);
  // Settings and checkpoints are stored as JSON.
  if (error instanceof SyntaxError) return storeDamaged(path, `JSON: ${error.message}`, options);
  switch (resultCode(error)) {
    case BUSY:
      return new RetryableError(
        `store "${path}" is locked by another process; stop that process or try again`,
        options,
      );
    case READONLY:
      return new ConfigError(
        `store "${path}" is read-only; expected a file and a folder that can be written`,
        options,
      );
    case FULL:
      return new Error(
        `store "${path}" cannot grow: the disk is full; free some space and start again`,
        options,
      );
    case IOERR:
      return new Error(`store "${path}" cannot be read or written: the disk is full or failing`, options);
    // The statements are fixed: one that does not fit the schema means that the schema is damaged.
    case ERROR:
    case CORRUPT:
      return storeDamaged(path, (error as Error).message, options);
    case CANTOPEN:
      return new ConfigError(
        `store "${path}" cannot be opened; expected a folder that exists and can be written`,
        options,
      );
    case NOTADB:
      return new ConfigError(
        `"${path}" is not a database; expected a candlelake store or no file; if it was one, ${remedyFor(path)}`,
        options,
      );
    default:
      return error;
  }
}

/** The primary result code of an error of SQLite, null for any other error. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}
