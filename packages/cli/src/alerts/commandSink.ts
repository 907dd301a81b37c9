import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { type AlertSink, ConfigError, RetryableError } from '@candlelake/core';

/** A command that takes longer is killed, and counts as failed. Real time. */
const TIMEOUT_MS = 30_000;

/**
 * Runs a program for each notice, which it gets as JSON on its standard input; exit code 0 means that it took
 * it. Only the program's name is in messages: an argument may be a secret. Throws ConfigError when there is
 * no such program.
 */
export function createCommandSink(command: string): AlertSink {
  const [program = '', ...args] = splitWords(command);
  const target = basename(program);
  if (!isProgram(program)) {
    throw new ConfigError(
      `--alert-command "${target}": not found or not executable; expected a program and its arguments, without shell syntax`,
    );
  }
  return {
    name: 'command',
    target,
    send: (notice, signal) => run({ program, args, input: `${JSON.stringify(notice)}\n`, signal }),
  };
}

/** Words separated by spaces; quotes of either kind keep spaces. */
function splitWords(command: string): readonly string[] {
  const words = command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  return Array.from(words, ([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** Whether a name is a file that can be run, itself or in a folder of PATH. */
function isProgram(name: string): boolean {
  const hasFolder = basename(name) !== name;
  const folders = hasFolder ? [''] : (process.env.PATH ?? '').split(delimiter);
  const endings = process.platform === 'win32' ? ['', ...(process.env.PATHEXT ?? '').split(';')] : [''];
  return folders.some((folder) => endings.some((ending) => canRun(join(folder, name) + ending)));
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

interface Run {
  readonly program: string;
  readonly args: readonly string[];
  readonly input: string;
  readonly signal: AbortSignal;
}

function run({ program, args, input, signal }: Run): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const name = basename(program);
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(signal.aborted ? signal.reason : new RetryableError(`${name} ${reason}`));
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      signal: limit,
      killSignal: 'SIGKILL',
    });
    child.on('error', (error) =>
      fail(limit.aborted ? `took longer than ${TIMEOUT_MS / 1000} s` : `cannot be run: ${codeOf(error)}`),
    );
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve();
      else fail(code === null ? `was ended by ${killedBy}` : `ended with ${code}`);
    });
    // A program that does not read its input closes it: its exit code decides.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
