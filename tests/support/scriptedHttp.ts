import { RetryableError } from '../../packages/core/src/errors.ts';
import type { Clock, HttpGet, HttpResponse } from '../../packages/core/src/ports.ts';

export interface ScriptedRequest {
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly at: number;
}

/** The answer to one request: an envelope, a body with status and headers, or none. */
export type ScriptedAnswer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly body: string; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | 'no network';

/** Answers requests by a script, after `delayMs` of the clock, and records them. */
export function createScriptedHttp(
  clock: Clock,
  answer: (request: ScriptedRequest, index: number) => ScriptedAnswer,
  delayMs: (index: number) => number = () => 0,
): { readonly httpGet: HttpGet; readonly requests: readonly ScriptedRequest[] } {
  const requests: ScriptedRequest[] = [];
  const httpGet: HttpGet = async (url, signal) => {
    const { origin, pathname, searchParams } = new URL(url);
    const index = requests.length;
    const request = {
      host: origin,
      path: pathname,
      query: Object.fromEntries(searchParams),
      at: clock.now(),
    };
    requests.push(request);
    if (delayMs(index) > 0) await clock.sleep(delayMs(index), signal);
    signal.throwIfAborted();
    return responseOf(answer(request, index), origin);
  };
  return { httpGet, requests };
}

function responseOf(answer: ScriptedAnswer, origin: string): HttpResponse {
  if (answer === 'no network') throw new RetryableError(`"${origin}" can't be reached: ECONNREFUSED`);
  const { status = 200, headers = {} } = answer;
  return { status, headers, body: 'json' in answer ? JSON.stringify(answer.json) : answer.body };
}
