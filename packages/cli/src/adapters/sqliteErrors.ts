import { ConfigError, RetryableError } from '@candlelake/core';

/** Primary result codes of SQLite. Source: https://sqlite.org/rescode.html */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/**
 * An error of SQLite as one line for the user: the file, what is wrong and what to do. Any other error is
 * returned unchanged.
 */
export function storeError(error: unknown, path: string): unknown {
  const options = { cause: error };
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
    case CORRUPT:
      return new Error(
        `store "${path}" is damaged; restore it from a copy or start with an empty output folder`,
        options,
      );
    case CANTOPEN:
      return new ConfigError(
        `store "${path}" cannot be opened; expected a folder that exists and can be written`,
        options,
      );
    case NOTADB:
      return new ConfigError(`"${path}" is not a database; expected a candlelake store or no file`, options);
    default:
      return error;
  }
}

/** The primary result code of an error of SQLite, null for any other error. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}
