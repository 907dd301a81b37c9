/** The data is wrong and stays wrong: never retry. */
export class BadDataError extends Error {
  override readonly name = 'BadDataError';
}

/** What failed may work later: a lost connection, a time-out, a rate limit. */
export class RetryableError extends Error {
  override readonly name: string = 'RetryableError';
  /** Not before this long from now, when the other side said so. */
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
 * A flag, a setting or a file that the user gave is wrong: stop at once, exit code 2. The message is the
 * whole story.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
