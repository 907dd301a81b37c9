import { type HttpGet, RetryableError } from '@candlelake/core';

/** Returns the body of an unhealthy answer as the reason; a failed request counts as unhealthy. */
export async function checkHealth(
  httpGet: HttpGet,
  url: string,
): Promise<{ readonly ok: boolean; readonly reason: string | null }> {
  try {
    const { status, body } = await httpGet(url, new AbortController().signal);
    return status === 200 ? { ok: true, reason: null } : { ok: false, reason: body.slice(0, 500) };
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    return { ok: false, reason: error.message };
  }
}
