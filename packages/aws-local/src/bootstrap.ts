/**
 * The process of one function, in place of Lambda's own runtime client: polls the Runtime API for events and
 * runs the handler that `_HANDLER` names.
 */
import { join } from 'node:path';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const { AWS_LAMBDA_RUNTIME_API: address, LAMBDA_TASK_ROOT: root = '', _HANDLER: name = '' } = process.env;
const api = `http://${address}/2018-06-01/runtime`;
const [file, exported] = name.split('.') as [string, string];

let handler: Handler;
try {
  const bundle = (await import(join(root, `${file}.mjs`))) as Record<string, Handler>;
  handler = bundle[exported]!;
} catch (error) {
  await post('init/error', errorOf(error));
  process.exit(1);
}

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id')!;
  try {
    const answer = await handler(await next.json(), contextOf(next.headers));
    await post(`invocation/${id}/response`, answer ?? null);
  } catch (error) {
    await post(`invocation/${id}/error`, errorOf(error));
  }
}

async function post(path: string, body: unknown): Promise<void> {
  await fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(body) });
}

function contextOf(headers: Headers): object {
  const deadline = Number(headers.get('lambda-runtime-deadline-ms'));
  return {
    awsRequestId: headers.get('lambda-runtime-aws-request-id'),
    invokedFunctionArn: headers.get('lambda-runtime-invoked-function-arn'),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function errorOf(error: unknown) {
  const { name: errorType, message: errorMessage } =
    error instanceof Error ? error : new Error(String(error));
  return { errorType, errorMessage };
}
