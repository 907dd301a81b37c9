import { ConfigError, RetryableError } from '@candlelake/core';

/** The code of a system error (`ENOENT`); null for any other error. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The file and the action that failed, as the end of "could not be …". */
interface FileAttempt {
  readonly file: string;
  readonly action: 'read' | 'written' | 'removed';
}

/** The error for the user: one line that names the file, the reason and what to do. */
export function fileError(error: unknown, { file, action }: FileAttempt): Error {
  const options = { cause: error };
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new RetryableError(
        `the disk is full: "${file}" could not be ${action} and is as it was; free some space`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ConfigError(`"${file}" could not be ${action}; expected permission to do so`, options);
    default:
      return new Error(`"${file}" could not be ${action}: ${reasonOf(error)}`, options);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
