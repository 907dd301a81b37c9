import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startFakeAws } from './fakeAws.ts';
import type { Graph } from './graph.ts';

/** The root of the repository. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

export interface Run {
  readonly code: number;
  readonly output: string;
}

export interface RunOptions {
  /** The repository or a copy of it. */
  readonly root?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A stand-in for an AWS account, which keeps the state of its stages from one command to the next. */
export interface Account {
  /**
   * Runs the real `sst deploy` and returns what it registered. Two at once in one checkout collide in
   * `.sst/`.
   */
  deploy(stage: string, options?: RunOptions): Promise<Graph>;
  /** Runs a program with the environment that leads sst to this account. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Run>;
  /** What the last deploy registered, whoever ran it. */
  registered(): Pick<Graph, 'stage' | 'config' | 'errors' | 'resources'>;
  /** Names of the resources that the last `sst remove` deleted; null when it deleted nothing. */
  deleted(): readonly string[] | null;
  close(): Promise<void>;
}

/**
 * Opens an account with the stand-in engine and the stand-in AWS. The first run lets sst install its
 * platform.
 */
export async function openAccount(): Promise<Account> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'candlelake-infra-'));
  const aws = await startFakeAws();
  putEngine(folder);
  const files = { graph: path.join(folder, 'graph.json'), deleted: path.join(folder, 'deleted.json') };
  const own = {
    XDG_CONFIG_HOME: folder,
    GRAPH_FILE: files.graph,
    DELETED_FILE: files.deleted,
    AWS_ENDPOINT_URL: aws.url,
  };
  const run = (program: string, args: readonly string[], { root = ROOT, variables = {} }: RunOptions = {}) =>
    runProgram(program, args, { root, variables: { ...own, ...variables } });
  const registered = () =>
    fs.existsSync(files.graph)
      ? JSON.parse(fs.readFileSync(files.graph, 'utf8'))
      : { stage: '', config: {}, errors: [], resources: [] };
  return {
    run,
    registered,
    async deploy(stage, options = {}) {
      const { root = ROOT } = options;
      fs.rmSync(files.graph, { force: true });
      const { code, output } = await run(sstOf(root), ['deploy', '--stage', stage], options);
      const refused = [...aws.refused];
      return { ...registered(), code, output, refused, bundlerWarnings: bundlerWarnings(root) };
    },
    deleted: () => (fs.existsSync(files.deleted) ? JSON.parse(fs.readFileSync(files.deleted, 'utf8')) : null),
    async close() {
      await aws.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The sst program of a checkout. */
export function sstOf(root = ROOT): string {
  return path.join(root, 'node_modules/.bin/sst');
}

/** sst looks for its engine in `sst/bin` below the user's configuration folder. */
function putEngine(folder: string): void {
  const bin = path.join(folder, 'sst', 'bin');
  fs.mkdirSync(bin, { recursive: true });
  const engine = path.join(import.meta.dirname, 'engine.ts');
  const script = `#!/bin/sh\nexec "${process.execPath}" "${engine}" "$@"\n`;
  fs.writeFileSync(path.join(bin, 'pulumi'), script, { mode: 0o755 });
}

/** sst deploys in spite of the bundler's warnings, and only logs them. */
function bundlerWarnings(root: string): readonly string[] {
  const log = fs.readFileSync(path.join(root, '.sst/log/sst.log'), 'utf8');
  return log.split('\n').filter((line) => line.includes('esbuild error'));
}

async function runProgram(
  program: string,
  args: readonly string[],
  { root, variables }: Required<RunOptions>,
): Promise<Run> {
  const { AWS_PROFILE: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const child = spawn(program, [...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited,
      PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
      SST_TELEMETRY_DISABLED: '1',
      SST_NO_BUN: '1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      CI: '1',
      ...variables,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  return { code, output };
}
