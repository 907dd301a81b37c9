import { type AlertFormat, type AlertSink, RetryableError, SECOND_MS } from '@candlelake/core';
import type { HttpPost } from '@candlelake/node';
import { webhookBody } from './webhookBody.ts';

export interface WebhookOptions {
  readonly address: string;
  readonly format: AlertFormat;
  readonly post: HttpPost;
}

/** A longer wait that the other side asks for is not believed. */
const MAX_WAIT_S = 3600;

/** Sends each notice by a POST. Only the host of the address is in its messages: the rest may be a secret. */
export function createWebhookSink({ address, format, post }: WebhookOptions): AlertSink {
  const url = new URL(address);
  return {
    name: 'webhook',
    target: url.host,
    async send(notice, signal) {
      const { status, headers } = await postNamed(url, webhookBody(notice, format, url), { post, signal });
      if (status >= 200 && status < 300) return;
      const waitS = Math.min(Number(headers['retry-after']), MAX_WAIT_S);
      throw new RetryableError(
        `${url.host} answered ${status}`,
        waitS > 0 ? { retryAfterMs: waitS * SECOND_MS } : {},
      );
    },
  };
}

async function postNamed(
  url: URL,
  json: string,
  { post, signal }: { readonly post: HttpPost; readonly signal: AbortSignal },
) {
  try {
    return await post(url, json, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new RetryableError(`${url.host}: ${error instanceof Error ? error.message : error}`);
  }
}
