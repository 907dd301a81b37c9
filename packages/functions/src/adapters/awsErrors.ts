import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { RetryableError } from '@candlelake/core';

/** Names of errors, as the AWS SDK gives them, after which the same call may succeed. */
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

/**
 * Reasons for which DynamoDB cancels a transaction that may succeed later: throttling, or another transaction
 * on the same item. The client does not retry them. Source: DynamoDB API reference, "TransactWriteItems".
 */
const PASSING_REASONS = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict']);

/** Codes of network failures, as Node gives them. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN']);

/**
 * Runs a call of an AWS service. Throws RetryableError for a failure that may pass, after the client's own
 * retries, and any other error as it is. `action` completes the message "could not …".
 */
export async function callAws<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!isRetryable(cause)) throw cause;
    const { name, message } = cause as Error;
    throw new RetryableError(`could not ${action}: ${name} ${message}`, { cause });
  }
}

/** The HTTP status of an error that AWS answered with; undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode;
}

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TransactionCanceledException)
    return (error.CancellationReasons ?? []).some(({ Code }) => PASSING_REASONS.has(Code ?? ''));
  const code = 'code' in error ? String(error.code) : '';
  return BUSY.has(error.name) || UNREACHABLE.has(code) || (statusOf(error) ?? 0) >= 500;
}
