import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleFunction, bundleStream, FUNCTION_BUNDLE } from '../../packages/functions/src/bundle.ts';
import { FUNCTIONS, type FunctionKey, PACKED_WASM_FILE, STREAM } from '../../packages/functions/src/names.ts';

const KEYS = Object.keys(FUNCTIONS) as FunctionKey[];
const folder = mkdtempSync(join(tmpdir(), 'candlelake-bundles-'));
const warnings: string[] = [];

beforeAll(async () => {
  const results = [
    ...(await Promise.all(KEYS.map((key) => bundleFunction(key, join(folder, key))))),
    await bundleStream(join(folder, 'stream')),
  ];
  for (const result of results) warnings.push(...result.warnings.map(({ text }) => text));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the bundler has no warnings', () => {
  expect(warnings).toEqual([]);
});

test.each(KEYS)('the bundle of %s exports its handler', (key) => {
  const variables = Object.fromEntries(
    FUNCTIONS[key].variables.map((name) => [name, 'http://127.0.0.1:1/x']),
  );
  const script = `const { handler } = await import(${JSON.stringify(join(folder, key, FUNCTION_BUNDLE))}); process.stdout.write(typeof handler)`;
  const env = { ...process.env, AWS_REGION: 'us-east-1', ...variables };
  expect(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }),
  ).toBe('function');
});

test.each(KEYS)(
  'the files of %s are as small as promised when they are deflated, as a zip holds them',
  (key) => {
    const files = readdirSync(join(folder, key)).map((name) => readFileSync(join(folder, key, name)));
    const bytes = files.reduce((sum, file) => sum + deflateRawSync(file).length, 0);
    expect(bytes).toBeLessThanOrEqual(FUNCTIONS[key].maxZipBytes);
    expect(bytes).toBeGreaterThan(10_000);
  },
);

test('only the builder of the lake carries the encoder', () => {
  const carriers = KEYS.filter((key) => readdirSync(join(folder, key)).includes(PACKED_WASM_FILE));
  expect(carriers).toEqual(['buildLake']);
});

test('the program of the image is one file that says in one line what it lacks, and ends with 2', () => {
  expect(readdirSync(join(folder, 'stream'))).toEqual([STREAM.bundle]);
  expect(statSync(join(folder, 'stream', STREAM.bundle)).size).toBeGreaterThan(100_000);
  const failed = runWithout(join(folder, 'stream', STREAM.bundle));
  expect(failed.status).toBe(2);
  const [line, ...others] = failed.output.trim().split('\n');
  expect(others).toEqual([]);
  expect(JSON.parse(line!)).toMatchObject({
    level: 'CRITICAL',
    message: expect.stringContaining('TABLE_NAME'),
  });
});

function runWithout(file: string): { readonly status: number; readonly output: string } {
  try {
    execFileSync(process.execPath, [file], {
      env: { PATH: process.env.PATH },
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return { status: 0, output: '' };
  } catch (error) {
    const { status, stderr, stdout } = error as { status: number; stderr: string; stdout: string };
    return { status, output: stderr + stdout };
  }
}
