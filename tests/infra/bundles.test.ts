import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createEncoder } from '../../packages/core/src/lake/encode.ts';
import { FUNCTIONS, PACKED_WASM_FILE, WASM_FILE } from '../../packages/functions/src/names.ts';
import { zipEntries } from './harness/zip.ts';
import { MANY } from './stages.ts';

/** Of the stage that was deployed last: the one with six hundred symbols. */
const ARTIFACTS = '.sst/artifacts';
const functions = Object.entries(FUNCTIONS).map(([key, definition]) => ({
  key,
  name: key[0]!.toUpperCase() + key.slice(1),
  ...definition,
}));

test.each(functions)('the zip of $key holds its files once', ({ key, name }) => {
  const entries = zipEntries(`${ARTIFACTS}/${name}/code.zip`);
  const expected = ['bundle.mjs', 'resource.enc', ...(key === 'buildLake' ? [PACKED_WASM_FILE] : [])];
  expect(entries.toSorted()).toEqual(expected.toSorted());
});

test.each(functions)('the zip of $key stays within its size', ({ name, maxZipBytes }) => {
  expect(fs.statSync(`${ARTIFACTS}/${name}/code.zip`).size).toBeLessThanOrEqual(maxZipBytes);
});

test.each(functions)('the bundle of $key is minified and exports its handler', ({ key, name, variables }) => {
  const bundle = fs.realpathSync(`${ARTIFACTS}/${name}-src/bundle.mjs`);
  const lines = fs.readFileSync(bundle, 'utf8').split('\n').length;
  expect(fs.statSync(bundle).size / lines, key).toBeGreaterThan(100);
  const script = `const { handler } = await import(${JSON.stringify(`file://${bundle}`)}); process.stdout.write(typeof handler)`;
  const env = Object.fromEntries(variables.map((variable) => [variable, 'http://127.0.0.1:9/']));
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...env, AWS_REGION: 'eu-west-1', CANDLELAKE_SYMBOL: 'BTC-USDT', POWERTOOLS_SERVICE_NAME: 'test' },
  });
  expect(printed).toBe('function');
});

test('the Parquet encoder beside buildLake is the one that the tests use', () => {
  const shipped = brotliDecompressSync(fs.readFileSync(`${ARTIFACTS}/BuildLake-src/${PACKED_WASM_FILE}`));
  expect(shipped.equals(fs.readFileSync(`node_modules/parquet-wasm/esm/${WASM_FILE}`))).toBe(true);
  expect(createEncoder(shipped)).toBeTypeOf('function');
});

test('six hundred symbols, which no environment holds, are set by the bundle itself', () => {
  const bundle = fs.realpathSync(`${ARTIFACTS}/FillGaps-src/bundle.mjs`);
  const script = `await import(${JSON.stringify(`file://${bundle}`)}); process.stdout.write(process.env.CANDLELAKE_SYMBOL)`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { AWS_REGION: 'eu-west-1', TABLE_NAME: 'table' },
  });
  expect(printed.split(',')).toEqual(MANY.pipeline.symbol);
});
