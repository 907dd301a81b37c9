import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The process that the container runs. */
export interface StreamProcess {
  /** Resolves with the exit code when the process ends; null when a signal killed it. */
  readonly ended: Promise<number | null>;
  /** Sends SIGTERM, on which the process drains and exits. */
  stop(): void;
}

export interface StreamProcessOptions {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

/** Starts the bundled program with the command of the image. */
export function startStreamProcess({ file, environment, onLine }: StreamProcessOptions): StreamProcess {
  const env = { ...environment, PATH: process.env.PATH ?? '' };
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'], env });
  for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', onLine);
  return {
    ended: once(child, 'exit').then(([code]) => code as number | null),
    stop: () => child.kill('SIGTERM'),
  };
}
