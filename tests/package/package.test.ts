import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePackage } from '../../scripts/package/writePackage.ts';
import { ROOT, startCommand } from '../cli/program.ts';
import { urlOf } from '../cli/simulation.ts';

const run = promisify(execFile);
const CANDLES = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');

/** Below the repository, whose node_modules hold what the package depends on. */
let consumer: string;
let folder: string;
let files: readonly string[];

beforeAll(async () => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  consumer = mkdtempSync(join(ROOT, 'dist/consumer-'));
  folder = join(consumer, 'package');
  await writePackage(folder);
  files = await packedFiles();
  mkdirSync(join(consumer, 'node_modules'));
  symlinkSync(folder, join(consumer, 'node_modules/candlelake'), 'junction');
  cpSync(join(ROOT, 'examples'), join(consumer, 'examples'), { recursive: true });
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

interface PackedFile {
  readonly path: string;
}

async function packedFiles(): Promise<readonly string[]> {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder });
  const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly PackedFile[] }];
  return files.map(({ path }) => path);
}

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const program = (...words: readonly string[]) =>
  run(process.execPath, [join(folder, 'bin/candlelake.mjs'), ...words], { cwd: consumer });

describe('the package', () => {
  it('holds the program, its threads, the library with its types, the page and the licences, and no source', () => {
    const parts = files.filter((path) => /^dist\/[\w]+-[A-Z0-9]{8}\.js$/.test(path));
    expect(files.filter((path) => !parts.includes(path)).sort()).toEqual(
      [
        ...['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'package.json'],
        ...['bin/candlelake.mjs', 'bin/compileCache.mjs'],
        ...['main.js', 'lakeWorker.js', 'encoderWorker.js', 'apiWorker.js', 'index.js', 'index.d.ts'].map(
          (name) => `dist/${name}`,
        ),
        ...['index.html', 'page.js', 'page.css', 'icon.svg'].map((name) => `dist/${name}`),
      ].sort(),
    );
  });

  it('installs the Parquet encoder alone, and no script', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta, scripts } = readJson(
      join(folder, 'package.json'),
    );
    const cli = readJson(join(ROOT, 'packages/cli/package.json'));
    expect(dependencies).toEqual({ 'parquet-wasm': cli.dependencies['parquet-wasm'] });
    expect(peerDependencies).toEqual(cli.optionalDependencies);
    expect(peerDependenciesMeta).toEqual({ '@duckdb/node-api': { optional: true } });
    expect(scripts).toBeUndefined();
  });

  it('imports Node, its own files and what is installed with it', () => {
    const allowed = [...builtinModules, ...builtinModules.map((name) => `node:${name}`), 'node:sqlite'];
    for (const path of files.filter((file) => /^dist\/(?!page).*\.js$/.test(file))) {
      const text = readFileSync(join(folder, path), 'utf8');
      const names = [...text.matchAll(/(?:from|\bimport\(?)\s*["']([\w@./:-]+)["']/g)].map(
        ([, name]) => name!,
      );
      const foreign = names.filter((name) => !name.startsWith('./') && !allowed.includes(name));
      const installed = ['parquet-wasm/esm', '@duckdb/node-api'];
      expect(
        foreign.filter((name) => !installed.includes(name)),
        path,
      ).toEqual([]);
    }
  });

  it('has the notice of each package whose code is in it', () => {
    const text = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['apache-arrow', 'commander', 'hono', 'lightweight-charts', 'prom-client', 'ws'])
      expect(text).toMatch(new RegExp(`\\n${name} \\d+\\.\\d+\\.\\d+: (MIT|Apache-2\\.0)\\n`));
    expect(text).not.toContain('@aws-sdk');
  });

  it('runs', async () => {
    const { version } = readJson(join(ROOT, 'packages/cli/package.json'));
    expect(await program('--version')).toEqual({ stdout: `${version}\n`, stderr: '' });
    expect((await program('stream', '--help')).stdout).toContain('--symbol <symbols>');
    await expect(program('stream', '--symbol', '?')).rejects.toMatchObject({ code: 2 });
  });
});

describe('a program that uses the package', () => {
  it('is checked by its types without skipLibCheck, as the examples and those of docs/library.md', async () => {
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ skipLibCheck: false, noEmit: true, module: 'NodeNext', target: 'ES2024', types: ['node'] },
    };
    const page = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
    const fences = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
    expect(fences.length).toBe(3);
    for (const [at, code] of fences.entries()) writeFileSync(join(consumer, `examples/docs${at}.ts`), code);
    const wrong = "import { openLake } from 'candlelake';\nawait openLake('a').bars({ symbol: 1 });\n";
    writeFileSync(join(consumer, 'wrong.ts'), wrong);
    const config = join(consumer, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ compilerOptions, include: ['examples/*.ts', 'wrong.ts'] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', config]).catch((error) => error);
    // The one error is that of the wrong call.
    expect(stdout.match(/error TS\d+/g)).toEqual(['error TS2322']);
    expect(stdout).toContain('wrong.ts(2,');
  });

  it('reads the bars that the packed program has derived', async () => {
    await program('import', CANDLES, '--symbol', 'BTC-USDT', '--output', 'lake');
    const words = [join(consumer, 'examples/readBars.ts'), 'lake', 'BTC-USDT'];
    const { stdout, stderr } = await run(process.execPath, words, { cwd: consumer });
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(7);
    expect(lines[4]).toMatch(/^2025-08-\d\dT\d\d:\d\d:00\.000Z [\d.]+ [\d.]+ \S+ \w+$/);
    expect(lines[5]).toMatch(/^newest candle: [\d.]+ \(final\)$/);
    expect((await program('audit', '--output', 'lake')).stdout).toContain('objects compared with the store');
  });

  it('gets the page and its data from the packed program', async () => {
    await program('import', CANDLES, '--symbol', 'BTC-USDT', '--output', 'served');
    // Nothing answers at these addresses: what the folder holds is served all the same.
    const exchange = ['--rest-url', 'http://127.0.0.1:1', '--ws-url', 'ws://127.0.0.1:1'];
    const words = [join(folder, 'bin/candlelake.mjs'), 'stream', ...exchange, '--output', 'served'];
    const running = startCommand(process.execPath, words, {}, consumer);
    const url = await urlOf(running);
    const page = await (await fetch(url)).text();
    expect(page).toContain('<script');
    expect((await fetch(`${url}/page.js`)).headers.get('content-type')).toMatch(/javascript/);
    const last = `${url}/api/bars?symbol=BTC-USDT&limit=1`;
    let answer = await fetch(last);
    // Until the store is open.
    while (answer.status === 503) answer = await fetch(last);
    const { bars } = (await answer.json()) as { readonly bars: readonly unknown[] };
    expect(bars.length).toBe(1);
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });
});
