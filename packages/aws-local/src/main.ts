/**
 * `npm run aws:local -- --for 120s`: the AWS host on this machine, against a stand-in for AWS at
 * `AWS_ENDPOINT_URL`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '@candlelake/core';
import { readCommandLine } from './commandLine.ts';
import { startLocalCloud } from './localCloud.ts';

process.exitCode = await run().catch((error: unknown) => {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  return 2;
});

async function run(): Promise<number> {
  if (!process.env.AWS_ENDPOINT_URL)
    throw new ConfigError(
      'AWS_ENDPOINT_URL: not set, expected the address of a stand-in, as http://127.0.0.1:5000',
    );
  const local = readCommandLine(process.argv.slice(2), process.env);
  setLocalCredentials();
  const folder = await mkdtemp(join(tmpdir(), 'candlelake-cloud-'));
  let failures = 0;
  try {
    const cloud = await startLocalCloud({
      ...local,
      folder,
      onLine: (source, line) => printLine(source, line, local.settings.debug),
      onFailure(key, error) {
        failures += 1;
        console.error(`${key}: ${error.message}`);
      },
    });
    console.log(`health at ${cloud.healthUrl}`);
    const code = await Promise.race([cloud.streamEnded, stopRequest(local.settings.forMs)]);
    await cloud.stop();
    const drained = await cloud.streamEnded;
    console.log(`stopped; the stream ended with ${drained}, ${failures} invocations failed`);
    if (code !== 'stop') return code || 1;
    return drained === 0 && failures === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The clients of this process need a region and keys as well; the stand-in accepts any. */
function setLocalCredentials(): void {
  process.env.AWS_REGION ??= 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
}

/** Resolves after `forMs` of real time, or on SIGTERM or SIGINT. */
async function stopRequest(forMs: number | null): Promise<'stop'> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([asked, ...(forMs === null ? [] : [wait(forMs, undefined, { ref: false })])]);
  return 'stop';
}

/** Prints the message of a log line. Metrics and lines below a warning are printed with `--debug` only. */
function printLine(source: string, line: string, debug: boolean): void {
  const entry = parseLine(line);
  const isQuiet =
    entry !== null && ('_aws' in entry || !['WARN', 'ERROR', 'CRITICAL'].includes(entry.level ?? ''));
  if (isQuiet && !debug) return;
  console.log(`${source}: ${entry?.message ?? line}`);
}

function parseLine(line: string): { readonly level?: string; readonly message?: string } | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
