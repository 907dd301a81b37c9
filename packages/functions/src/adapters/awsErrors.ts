import { RetryableError } from '@candlelake/core';

/** Errors that a later try may not meet: the service is busy, or did not answer. Names as the AWS SDK gives them. */
const BUSY = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'TransactionInProgressException',
  'InternalServerError',
  'InternalFailure',
  'ServiceUnavailable',
  'SlowDown',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
]);

/** Network failures as the system names them. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN']);

/**
 * Runs a call of an AWS service; throws RetryableError for what may work later, after the client's own retries. `what` completes the
 * sentence "nothing could be …".
 */
export async function awsError<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!isPassing(cause)) throw cause;
    throw new RetryableError(
      `nothing could be ${what}: ${(cause as Error).name} ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** The HTTP status of an answer of AWS, undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode;
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return BUSY.has(error.name) || UNREACHABLE.has(code) || (statusOf(error) ?? 0) >= 500;
}
