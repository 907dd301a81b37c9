import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './deploy.ts';

/** Its rules change with every version; this one knows what sst 4.17.1 makes. */
const VERSION = '1.51.0';

/**
 * The path of cfn-lint: of the machine, if it has this version, else installed from PyPI into a folder that
 * Git does not see. `CFN_LINT=off` switches it off, for a machine without Python, and then says so.
 */
export function installLinter(): string | null {
  if (process.env.CFN_LINT === 'off') {
    process.stderr.write('cfn-lint is switched off: words and ranges that AWS would refuse are not found\n');
    return null;
  }
  const known = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' });
  if (known.stdout?.trim().endsWith(VERSION)) return 'cfn-lint';
  const folder = path.join(ROOT, 'node_modules/.cache/cfn-lint');
  const program = path.join(folder, 'bin/cfn-lint');
  if (fs.existsSync(program)) return program;
  run('python3', ['-m', 'venv', folder]);
  run(path.join(folder, 'bin/pip'), ['install', '--quiet', `cfn-lint==${VERSION}`]);
  return program;
}

function run(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, [...args], { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `cfn-lint ${VERSION}: "${program}" failed (${stderr || error}); CFN_LINT=off goes without it`,
  );
}
