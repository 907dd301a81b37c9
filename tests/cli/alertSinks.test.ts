import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type CrossoverNotice, RetryableError } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { createCommandSink } from '../../packages/cli/src/alerts/commandSink.ts';
import { webhookBody } from '../../packages/cli/src/alerts/webhookBody.ts';
import { createWebhookSink } from '../../packages/cli/src/alerts/webhookSink.ts';
import { temporaryFolder } from './program.ts';

const NOTICE: CrossoverNotice = {
  ...{ id: 'swap#BTC-USDT#21m#2026-11-22T12:00Z#GOLDEN_CROSS', market: 'swap', symbol: 'BTC-USDT' },
  ...{ timeframe: '21m', kind: 'GOLDEN_CROSS', openTime: '2026-11-22T12:00Z' },
  ...{ closeTime: Date.UTC(2026, 10, 22, 12, 21), close: 116_800.5, status: 'complete' },
  ...{ maShort: 116_750.333333333, maLong: 116_749, state: 'crossed', sequence: 1 },
};
const RETRACTION: CrossoverNotice = { ...NOTICE, state: 'retracted', sequence: 2 };
const { signal } = new AbortController();
const CROSSED =
  'golden cross: BTC-USDT 21m, bar closed 2026-11-22T12:21Z, close 116800.5, averages 116750.33 and 116749';
const RETRACTED =
  'golden cross retracted: BTC-USDT 21m, bar closed 2026-11-22T12:21Z; the exchange has corrected its candles';

describe('the body of a webhook', () => {
  const url = new URL('https://api.telegram.org/bot1:s3cret/sendMessage?chat_id=-100');

  test('is the notice as JSON, or a text in the shape that the service expects', () => {
    const bodyOf = (format: Parameters<typeof webhookBody>[1]) =>
      JSON.parse(webhookBody(NOTICE, format, url));
    expect(bodyOf('json')).toEqual(NOTICE);
    // Discord: Execute Webhook; Slack: incoming webhooks; Telegram Bot API: sendMessage.
    expect(bodyOf('discord')).toEqual({ content: CROSSED, allowed_mentions: { parse: [] } });
    expect(bodyOf('slack')).toEqual({ text: CROSSED });
    expect(bodyOf('telegram')).toEqual({ chat_id: '-100', text: CROSSED });
    expect(JSON.parse(webhookBody(RETRACTION, 'slack', url))).toEqual({ text: RETRACTED });
    const ofSpot = JSON.parse(webhookBody({ ...RETRACTION, market: 'spot' }, 'slack', url));
    expect(ofSpot).toEqual({ text: RETRACTED.replace('BTC-USDT', 'BTC-USDT (spot)') });
  });
});

describe('a webhook', () => {
  const address = 'https://user:s3cret@hooks.example.com:8443/s3cret?key=s3cret';
  const answering = (status: number, headers: Readonly<Record<string, string>> = {}) =>
    createWebhookSink({ address, format: 'json', post: async () => ({ status, headers, body: 's3cret' }) });

  test('takes a notice with any answer of success, and refuses it with every other', async () => {
    for (const status of [200, 204]) await answering(status).send(NOTICE, signal);
    for (const status of [302, 400, 404, 500])
      await expect(answering(status).send(NOTICE, signal)).rejects.toThrow(
        new RetryableError(`hooks.example.com:8443 answered ${status}`),
      );
  });

  test('may say how long to wait, at most an hour', async () => {
    const waitOf = async (seconds: string) => {
      const failed = answering(429, { 'retry-after': seconds }).send(NOTICE, signal);
      return failed.catch((error: RetryableError) => error.retryAfterMs);
    };
    expect(await waitOf('2')).toBe(2_000);
    expect(await waitOf('1000000')).toBe(3_600_000);
    expect(await waitOf('Fri, 20 Nov 2026 00:00:00 GMT')).toBeUndefined();
  });

  test('that cannot be reached is named by its host alone', async () => {
    const post = async () => Promise.reject(new RetryableError('connection failed (ECONNREFUSED)'));
    const sink = createWebhookSink({ address, format: 'json', post });
    expect(sink.target).toBe('hooks.example.com:8443');
    await expect(sink.send(NOTICE, signal)).rejects.toThrow(
      new RetryableError('hooks.example.com:8443: connection failed (ECONNREFUSED)'),
    );
  });
});

describe('a command', () => {
  test('gets the notice as one line on its standard input, with arguments that quotes keep together', async () => {
    const file = join(temporaryFolder(), 'two words');
    await createCommandSink(`sh -c 'cat > "$0"' "${file}"`).send(NOTICE, signal);
    const text = readFileSync(file, 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual(NOTICE);
  });

  test('that reads nothing has taken it when it ends with 0', async () => {
    await createCommandSink('true').send(NOTICE, signal);
  });

  test('that fails or is killed has not taken it; only its name is told', async () => {
    await expect(createCommandSink("sh -c 'exit 3' s3cret").send(NOTICE, signal)).rejects.toThrow(
      new RetryableError('sh ended with 3'),
    );
    await expect(createCommandSink("sh -c 'kill -9 $$' s3cret").send(NOTICE, signal)).rejects.toThrow(
      new RetryableError('sh was ended by SIGKILL'),
    );
  });

  test('is killed when the program stops, and the notice waits', async () => {
    const stop = new AbortController();
    const sent = createCommandSink('sleep 60').send(NOTICE, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(sent).rejects.toThrow('stopped');
  });

  test('that does not exist is refused at the start', () => {
    const folder = temporaryFolder();
    for (const command of ['no-such-program s3cret', '/no/such/program s3cret', folder, '', '   ', '|']) {
      expect(() => createCommandSink(command), command).toThrow(ConfigError);
      expect(() => createCommandSink(command), command).not.toThrow('s3cret');
    }
  });
});
