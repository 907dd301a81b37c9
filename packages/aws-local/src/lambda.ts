import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SECOND_MS } from '@candlelake/core';
import { FUNCTION_BUNDLE } from '@candlelake/functions/bundle';
import { FUNCTIONS, type FunctionKey } from '@candlelake/functions/names';
import { type RuntimeApi, startRuntimeApi } from './runtimeApi.ts';

/** One function as Lambda runs it: its own process, one invocation at a time, killed at the time-out. */
export interface LocalLambda {
  /** Resolves with the handler's answer. Rejects with its error, or when the process died or timed out. */
  invoke(event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export interface LambdaOptions {
  readonly key: FunctionKey;
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line that the process prints. */
  readonly onLine: (line: string) => void;
  /** The runtime client, as program and arguments; bootstrap.ts when left out. */
  readonly runtime?: readonly string[];
  readonly timeoutMs?: number;
}

const OWN_RUNTIME = [process.execPath, fileURLToPath(new URL('./bootstrap.ts', import.meta.url))];
const HANDLER = `${FUNCTION_BUNDLE.replace(/\.mjs$/, '')}.handler`;

/**
 * Serves the Runtime API for one function. The process starts with the first invocation, and again after it
 * died.
 */
export async function startLambda(options: LambdaOptions): Promise<LocalLambda> {
  const { timeoutMs = FUNCTIONS[options.key].timeoutSeconds * SECOND_MS } = options;
  const api = await startRuntimeApi(`arn:aws:lambda:local:000000000000:function:${options.key}`);
  let process: ChildProcess | null = null;
  let lastInvocation: Promise<unknown> = Promise.resolve();

  function start(): ChildProcess {
    const started = startProcess(api, options);
    started.once('exit', (code, signal) => {
      if (process !== started) return;
      process = null;
      api.fail(new Error(`${options.key}: the process ended with ${code ?? signal}`));
    });
    return started;
  }

  async function run(event: unknown): Promise<unknown> {
    process ??= start();
    const timer = setTimeout(() => {
      api.fail(new Error(`${options.key}: timed out after ${timeoutMs / SECOND_MS} s`));
      process?.kill('SIGKILL');
      process = null;
    }, timeoutMs);
    try {
      return await api.offer(event, Date.now() + timeoutMs);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    invoke(event) {
      const answer = lastInvocation.then(() => run(event));
      lastInvocation = answer.catch(() => undefined);
      return answer;
    },
    async stop() {
      const last = process;
      process = null;
      if (last && last.exitCode === null) {
        last.kill('SIGKILL');
        await once(last, 'exit');
      }
      api.fail(new Error(`${options.key}: stopped`));
      api.close();
    },
  };
}

function startProcess(
  api: RuntimeApi,
  { key, folder, environment, onLine, runtime }: LambdaOptions,
): ChildProcess {
  const [program, ...args] = runtime ?? OWN_RUNTIME;
  const child = spawn(program!, runtime ? [...args, HANDLER] : args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      PATH: process.env.PATH ?? '',
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: key,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(FUNCTIONS[key].memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/local/${key}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: HANDLER,
      TZ: ':UTC',
    },
  });
  for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', onLine);
  return child;
}
