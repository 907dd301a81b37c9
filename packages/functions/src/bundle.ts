/**
 * Bundles the deployed programs. `node packages/functions/src/bundle.ts` writes the stream's bundle for the
 * image; with a folder as argument it writes all functions and the stream into that folder.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildResult, build } from 'esbuild';
import { FUNCTIONS, type FunctionKey, PACKED_WASM_FILE, STREAM, WASM_FILE } from './names.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** File name of the bundle in a function's folder. */
export const FUNCTION_BUNDLE = 'bundle.mjs';

/** CommonJS packages in the bundle call `require`, which an ES module does not have. */
const BANNER =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/**
 * Bundles one function, and the files that it reads, into `folder`. Returns esbuild's result with its
 * warnings.
 */
export async function bundleFunction(key: FunctionKey, folder: string): Promise<BuildResult> {
  const result = await bundle(FUNCTIONS[key].entry, join(folder, FUNCTION_BUNDLE));
  if (key === 'buildLake') await addEncoder(folder);
  return result;
}

/** Writes the packed encoder beside the bundle of `buildLake`. */
export async function addEncoder(folder: string): Promise<void> {
  const wasm = await readFile(wasmPath());
  const params = {
    // Level 6 takes 0.1 s. Level 11 takes 20 s and is a fifth smaller.
    [constants.BROTLI_PARAM_QUALITY]: 6,
    [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
  };
  await writeFile(join(folder, PACKED_WASM_FILE), brotliCompressSync(wasm, { params }));
}

/** Bundles the stream into `folder`, as the only file that the image adds to Node. */
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
    // Optional native packages of `ws`.
    external: ['bufferutil', 'utf-8-validate'],
    banner: { js: BANNER },
    metafile: true,
    logLevel: 'silent',
  });
}

/** Resolved from core, whose dependency the encoder is. */
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
