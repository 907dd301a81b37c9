/** Bundles what is deployed: `node packages/functions/src/bundle.ts` the program of the image, with a folder all functions too, into it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildResult, build } from 'esbuild';
import { FUNCTIONS, type FunctionKey, PACKED_WASM_FILE, STREAM, WASM_FILE } from './names.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Of the bundle in a function's folder. */
export const FUNCTION_BUNDLE = 'bundle.mjs';

/** CommonJS packages in the bundle ask for `require`, which a module does not have. */
const BANNER =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Bundles one function into `folder`, with what has to lie beside it. Returns esbuild's result, whose warnings are the caller's to judge. */
export async function bundleFunction(key: FunctionKey, folder: string): Promise<BuildResult> {
  const result = await bundle(FUNCTIONS[key].entry, join(folder, FUNCTION_BUNDLE));
  if (key === 'buildLake') await addEncoder(folder);
  return result;
}

/** Puts the encoder beside the bundle of `buildLake`. */
export async function addEncoder(folder: string): Promise<void> {
  const wasm = await readFile(wasmPath());
  const params = {
    // Level 6 takes a tenth of a second; level 11 takes twenty and saves another fifth.
    [constants.BROTLI_PARAM_QUALITY]: 6,
    [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
  };
  await writeFile(join(folder, PACKED_WASM_FILE), brotliCompressSync(wasm, { params }));
}

/** Bundles the stream's process into `folder`; the image has nothing else in it. */
export async function bundleStream(folder: string = join(ROOT, STREAM.imageFolder)): Promise<BuildResult> {
  return bundle(STREAM.entry, join(folder, STREAM.bundle));
}

async function bundle(entry: string, outfile: string): Promise<BuildResult> {
  await mkdir(resolve(outfile, '..'), { recursive: true });
  return build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // `ws` is faster with two native packages that it does without when they are not there.
    external: ['bufferutil', 'utf-8-validate'],
    banner: { js: BANNER },
    metafile: true,
    logLevel: 'silent',
  });
}

/** Through core, whose dependency it is. */
function wasmPath(): string {
  const core = createRequire(import.meta.resolve('@candlelake/core'));
  return core.resolve(`parquet-wasm/esm/${WASM_FILE}`);
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) await bundleStream();
  else {
    for (const key of Object.keys(FUNCTIONS) as FunctionKey[]) await bundleFunction(key, join(folder, key));
    await bundleStream(join(folder, 'stream'));
  }
}
