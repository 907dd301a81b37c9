import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLambda } from '../packages/aws-local/src/lambda.ts';
import { bundleFunction, FUNCTION_BUNDLE } from '../packages/functions/src/bundle.ts';
import { FUNCTIONS, type FunctionKey } from '../packages/functions/src/names.ts';
import type { BenchResult, BenchRow } from './result.ts';

const ROUNDS = 7;
const EVENTS: Partial<Record<FunctionKey, unknown>> = { backfillWorker: { Records: [] } };
/** The functions that need no exchange; the others load the same code. */
const KEYS: readonly FunctionKey[] = ['health', 'backfillWorker', 'buildLake'];

/**
 * Time from the start of a process to its first result, for each bundle and for an empty handler, under our
 * own Lambda Runtime API server.
 */
export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'candlelake-lambda-'));
  const aws = createServer((request, response) => {
    // Answers of an empty table and an empty bucket.
    response.statusCode = request.method === 'POST' ? 200 : 404;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(request.method === 'POST' ? '{"Items":[],"Count":0}' : '');
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  try {
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'empty', FUNCTION_BUNDLE), 'export const handler = async () => ({});\n');
    for (const key of KEYS) await bundleFunction(key, join(folder, key));
    const best = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++)
      for (const name of ['empty', ...KEYS]) {
        const ms = await firstResult(name, join(folder, name), endpoint);
        best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, ms));
      }
    const empty = best.get('empty')!;
    const rows = [...best].map(
      ([label, value]): BenchRow => ({
        label,
        value,
        unit: 'ms',
        ...(label === 'empty' ? {} : { ratio: value / empty }),
      }),
    );
    return {
      name: 'lambda: process start to first result, by bundle',
      aim: 'first result at most 300 ms after the process starts',
      rows,
      note:
        `Best of ${ROUNDS}, interleaved; the services answer at once and are empty. ` +
        'The time that Lambda takes to start a process was not measured',
    };
  } finally {
    aws.close();
    await rm(folder, { recursive: true });
  }
}

async function firstResult(name: string, folder: string, endpoint: string): Promise<number> {
  const key = name === 'empty' ? 'health' : (name as FunctionKey);
  const variables = Object.fromEntries(
    FUNCTIONS[key].variables.map((variable) => [variable, `${endpoint}/x`]),
  );
  const environment = {
    ...variables,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  };
  const lambda = await startLambda({ key, folder, environment, onLine: () => {} });
  const start = performance.now();
  try {
    // An error counts too: the process has started, loaded its code and run the handler.
    await lambda.invoke(EVENTS[key] ?? {}).catch(() => undefined);
    return performance.now() - start;
  } finally {
    await lambda.stop();
  }
}
