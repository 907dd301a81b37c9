import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Imports that run when the module is loaded: no types, no `import()`. */
const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

/** The file of an import; null for one that is not of this repository. */
function fileOf(importer: string, name: string): string | null {
  if (name.startsWith('.')) return resolve(dirname(importer), name);
  const [, folder, path = '.'] = /^@candlelake\/(\w+)(?:\/(.+))?$/.exec(name) ?? [];
  if (folder === undefined) return null;
  const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8'));
  return resolve(ROOT, 'packages', folder, manifest.exports[path === '.' ? '.' : `./${path}`]);
}

/** What is loaded with a module: files of the repository, and packages without those of Node. */
function loadedWith(entry: string) {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [resolve(ROOT, entry)];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (files.has(file)) continue;
    expect(existsSync(file), file).toBe(true);
    files.add(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
      const imported = fileOf(file, name!);
      if (imported) waiting.push(imported);
      else if (!name!.startsWith('node:')) packages.add(name!);
    }
  }
  return { files: [...files].map((file) => relative(ROOT, file)), packages: [...packages].sort() };
}

const LAKE_PACKAGES = ['apache-arrow', 'parquet-wasm/esm'];

it('the command line loads no command before it is asked for', () => {
  const { files, packages } = loadedWith('packages/cli/src/main.ts');
  expect(packages).toEqual(['commander', 'valibot']);
  expect(files.filter((file) => file.startsWith('packages/cli/src/commands/'))).toEqual([]);
});

it('the main thread of a stream loads no encoder, no reader of Parquet and no database of queries', () => {
  const { packages } = loadedWith('packages/cli/src/commands/streamCandles.ts');
  expect(packages).toEqual([
    '@hono/node-server',
    'cli-progress',
    'hono',
    'hono/secure-headers',
    'prom-client',
    'valibot',
    'ws',
  ]);
});

it('the main thread of an import loads no Arrow', () => {
  const { packages } = loadedWith('packages/cli/src/commands/importFile.ts');
  expect(packages).toEqual(['cli-progress', 'valibot', 'ws', 'yauzl']);
});

it('the encoder loads both packages', () => {
  expect(loadedWith('packages/cli/src/adapters/encoder.ts').packages).toEqual(
    expect.arrayContaining(LAKE_PACKAGES),
  );
});
