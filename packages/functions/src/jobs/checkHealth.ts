import { type HttpGet, RetryableError } from '@candlelake/core';

/** What `/health` says, and in case of no what it says of itself. No answer is a no. Throws nothing else than the unexpected. */
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
