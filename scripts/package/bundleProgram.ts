import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { PAGE_BUILD } from '../page/bundlePage.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** Packages that are installed beside the bundle; the last two are optional native parts of `ws`. */
const EXTERNAL = ['parquet-wasm', '@duckdb/node-api', 'bufferutil', 'utf-8-validate'];

/** CommonJS packages in the bundle call `require`, which an ES module does not have. */
const BANNER =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/**
 * Bundles the program, its threads and the library into one folder, with what they share in files of its own.
 * All files are in that folder itself: `startWorker` and the readers of files beside the bundle rely on it.
 * Returns what is in each file.
 */
export async function bundleProgram(folder: string): Promise<Metafile> {
  const source = (name: string) => `packages/cli/src/${name}.ts`;
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      main: source('main'),
      index: source('library/index'),
      lakeWorker: source('lakeWorker'),
      encoderWorker: source('encoderWorker'),
      apiWorker: source('apiWorker'),
    },
    outdir: folder,
    ...{ bundle: true, splitting: true, minifySyntax: true, minifyWhitespace: true, keepNames: true },
    ...{ platform: 'node', target: 'node22.18', format: 'esm', mainFields: ['module', 'main'] },
    external: EXTERNAL,
    banner: { js: BANNER },
    // The notices are in a file of their own.
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** The packages whose code is in the page's script. */
export async function pageMetafile(): Promise<Metafile> {
  const { metafile } = await build({ ...PAGE_BUILD, metafile: true, write: false });
  return metafile!;
}
