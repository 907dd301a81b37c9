/** The request or the data is wrong and stays wrong: never retry. */
export class BadDataError extends Error {
  override readonly name = 'BadDataError';
}

/** The same call may work later: a lost connection, a time-out, a rate limit. */
export class RetryableError extends Error {
  override readonly name: string = 'RetryableError';
  /** How long to wait before the next attempt, in ms, when the other side told it. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * The exchange refused a request because of its symbol (paused, unknown, restricted). Other symbols are not
 * affected; the same request may work later.
 */
export class SymbolRefusedError extends RetryableError {
  override readonly name = 'SymbolRefusedError';
  /** The exchange's error code. */
  readonly code: number;
  /** False when the code is not in our table: it may concern every symbol. */
  readonly certain: boolean;

  constructor(message: string, options: ErrorOptions & { readonly code: number; readonly certain: boolean }) {
    super(message, options);
    this.code = options.code;
    this.certain = options.certain;
  }
}

/** The object changed between reading its version and writing it: read, derive and write again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/**
 * A flag, a setting or a file of the user is wrong: stop with exit code 2. The message is all that the user
 * sees.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
