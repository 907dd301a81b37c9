import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startFakeAws } from './fakeAws.ts';
import type { Graph } from './graph.ts';

/** The root of the repository. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/**
 * Runs the real `sst deploy` of this repository, or a copy of it, for a stage, with the stand-in engine and
 * the stand-in AWS, and returns what it registered. Two at once in one checkout collide in `.sst/`. The first
 * run lets sst install its platform through npm.
 */
export async function deploy(stage: string, root = ROOT): Promise<Graph> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'candlelake-infra-'));
  const aws = await startFakeAws();
  try {
    putEngine(folder);
    const graphFile = path.join(folder, 'graph.json');
    const { code, output } = await runSst(root, stage, {
      XDG_CONFIG_HOME: folder,
      GRAPH_FILE: graphFile,
      AWS_ENDPOINT_URL: aws.url,
    });
    const nothing = { stage, config: {}, errors: [], resources: [] };
    const graph = fs.existsSync(graphFile) ? JSON.parse(fs.readFileSync(graphFile, 'utf8')) : nothing;
    return { ...graph, code, output, refused: aws.refused, bundlerWarnings: bundlerWarnings(root) };
  } finally {
    await aws.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
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

async function runSst(
  root: string,
  stage: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> {
  const { AWS_PROFILE: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const child = spawn(path.join(root, 'node_modules/.bin/sst'), ['deploy', '--stage', stage], {
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
