/**
 * The class of an error, such as `AccessDenied` or `RetryableError (ThrottlingException)`. Messages of AWS
 * name accounts, ARNs and buckets, so only the class may reach the public `/health`.
 */
export function errorClass(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return error.cause instanceof Error ? `${error.name} (${error.cause.name})` : error.name;
}
