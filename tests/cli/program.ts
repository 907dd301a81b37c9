import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The user id of "nobody" on Linux. */
const NOBODY = 65_534;
const BIN = join(ROOT, 'packages/cli/bin/candlelake.mjs');

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Resolves with the first line that matches, past or future; rejects when the program ends without one. */
  line(pattern: RegExp): Promise<string>;
  readonly ended: Promise<ProgramResult>;
}

type Variables = Readonly<Record<string, string>>;

/** Starts the program that users run, in an environment without settings. */
export function startProgram(words: readonly string[], variables: Variables = {}): RunningProgram {
  return watch(spawn(process.execPath, [BIN, ...words], { env: cleanEnvironment(variables) }));
}

/** Starts any command as the leader of a new process group; the default folder is the repository. */
export function startCommand(
  file: string,
  words: readonly string[],
  variables: Variables = {},
  cwd = ROOT,
): RunningProgram {
  return watch(spawn(file, words, { cwd, env: cleanEnvironment(variables), detached: true }));
}

/** Runs the program to its end. */
export function runProgram(words: readonly string[], variables: Variables = {}): Promise<ProgramResult> {
  return startProgram(words, variables).ended;
}

/** Runs the program as a user who is bound by the permissions of files; root is not. */
export function runWithoutPrivileges(words: readonly string[]): Promise<ProgramResult> {
  const env = cleanEnvironment({});
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  return watch(spawn(process.execPath, [BIN, ...words], { env, ...user })).ended;
}

/** A new temporary folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'candlelake-'));
}

function cleanEnvironment(variables: Variables): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(CANDLELAKE_|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`;
  return { ...Object.fromEntries(inherited), PATH: path, ...variables };
}

function watch(child: ChildProcess): RunningProgram {
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  let stderr = '';
  let isOver = false;
  const wake = () => {
    for (const look of waiters) look();
  };
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  child.stderr!.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close').then(([code]) => {
    isOver = true;
    wake();
    return { code: code as number | null, stdout: lines.map((line) => `${line}\n`).join(''), stderr };
  });
  return {
    process: child,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && !isOver) return;
          waiters.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`ended without ${pattern}: ${lines.join('\n')}\n${stderr}`));
        };
        waiters.add(look);
        look();
      }),
  };
}
