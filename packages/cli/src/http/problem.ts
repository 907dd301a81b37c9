import { STATUS_CODES } from 'node:http';
import type { Problem } from '@candlelake/core';

/** An answer that is an error, as problem JSON. Source: RFC 9457. */
export function problem(status: number, detail: string): Response {
  const body: Problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}
