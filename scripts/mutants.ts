/**
 * `npm run mutants -- packages/core/src/domain/time/session.ts`: Stryker changes files of the domain one expression
 * at a time, and the tests of tests/core/domain and of the store in memory have to notice. All files without a
 * name. By hand: a mutant takes half a second of processor time. Works in a copy of the repository, because
 * Stryker rewrites the sources in place; the copy has no tsconfig.json, which Stryker would read with a compiler
 * interface that TypeScript 7 does not have.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const DOMAIN = 'packages/core/src/domain';
/** The store in memory shows most of what `domain/slots` decides. */
const TESTS = ['tests/core/domain/**/*.test.ts', 'tests/core/memory/**/*.test.ts'];
const STRYKER = '10.1.1';
const TEST_TIMEOUT_MS = 60_000;
/** On a busy machine the first run of all tests takes minutes, and a mutant is no endless loop for seconds. */
const FIRST_RUN_MINUTES = 60;
const MUTANT_TIMEOUT_MS = 15_000;
/** Mutants of code that runs while a module loads need a run of all tests each. */
const IGNORE_STATIC = true;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: 'string', default: '1' } },
});
const files = positionals.length > 0 ? positionals : [`${DOMAIN}/**/*.ts`];
for (const file of positionals) {
  if (file.startsWith(`${DOMAIN}/`) && existsSync(join(ROOT, file))) continue;
  console.error(`"${file}": expected a file below ${DOMAIN}`);
  process.exit(2);
}

const copy = mkdtempSync(join(tmpdir(), 'candlelake-mutants-'));
try {
  installStryker();
  copyRepository();
  linkPackages(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  writeSettings();
  process.exitCode = run('node', ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run']);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Runs a program in the copy; returns its exit code. */
function run(command: string, parts: readonly string[]): number {
  return spawnSync(command, parts, { cwd: copy, stdio: 'inherit' }).status ?? 1;
}

/** Not among the packages of the repository: it is needed by hand only, and brings some 200 others. */
function installStryker(): void {
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const names = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${STRYKER}`);
  // The Vitest of the repository is linked: with a copy of its own the runner would see no test.
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  const code = run('npm', ['install', ...flags, ...names]);
  if (code !== 0)
    throw new Error(`npm install ended with ${code}: Stryker ${STRYKER} comes from the registry`);
}

function copyRepository(): void {
  const isSource = (path: string) => basename(path) !== 'node_modules';
  for (const folder of ['packages', 'tests'])
    cpSync(join(ROOT, folder), join(copy, folder), { recursive: true, filter: isSource });
  for (const name of readdirSync(join(ROOT, 'packages'))) {
    const installed = join(ROOT, 'packages', name, 'node_modules');
    if (existsSync(installed)) symlinkSync(installed, join(copy, 'packages', name, 'node_modules'));
    const link = join(copy, 'node_modules/@candlelake', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(copy, 'packages', name), link);
  }
}

/** Links what is installed in `from` and not in `to`; packages of this repository are linked to the copy before. */
function linkPackages(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    if (name.startsWith('.')) continue;
    const isScope = name.startsWith('@');
    if (isScope && existsSync(join(to, name))) linkPackages(join(from, name), join(to, name));
    else if (!existsSync(join(to, name))) symlinkSync(join(from, name), join(to, name));
  }
}

function writeSettings(): void {
  const test = {
    include: TESTS,
    restoreMocks: true,
    testTimeout: TEST_TIMEOUT_MS,
    // A module registry for each file would load the domain again for each mutant and file.
    isolate: false,
  };
  writeFileSync(join(copy, 'vitest.config.js'), `export default ${JSON.stringify({ test })};\n`);
  const settings = {
    ...{ testRunner: 'vitest', plugins: ['@stryker-mutator/vitest-runner'], inPlace: true },
    mutate: files,
    ...{
      concurrency: Number(values.workers),
      ignoreStatic: IGNORE_STATIC,
      reporters: ['clear-text', 'progress'],
    },
    ...{
      vitest: { related: false, configFile: 'vitest.config.js' },
      clearTextReporter: { allowColor: false },
    },
    ...{ dryRunTimeoutMinutes: FIRST_RUN_MINUTES, timeoutMS: MUTANT_TIMEOUT_MS },
    // Read by tests, never changed.
    ignorePatterns: ['tests/fixtures', 'packages/page'],
  };
  writeFileSync(join(copy, 'stryker.config.json'), JSON.stringify(settings));
}
