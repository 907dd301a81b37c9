import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = join(ROOT, 'packages/page/src');
/** Where the built page is committed. */
export const PAGE_OUTPUT = join(ROOT, 'packages/page/dist');

export interface BuiltFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** How esbuild makes the page. Licence notices of the libraries stay in the script. */
export const PAGE_BUILD = {
  absWorkingDir: ROOT,
  entryPoints: { page: join(SOURCES, 'browser/main.ts'), style: join(SOURCES, 'page.css') },
  outdir: PAGE_OUTPUT,
  ...{ bundle: true, minify: true, format: 'esm', target: ['chrome123', 'firefox121', 'safari17.5'] },
  ...{ legalComments: 'inline', charset: 'utf8', logLevel: 'silent' },
} as const satisfies BuildOptions;

/** The files of the page, the same bytes for the same sources and versions. */
export async function bundlePage(): Promise<readonly BuiltFile[]> {
  const { outputFiles } = await build({ ...PAGE_BUILD, write: false });
  const built = outputFiles.map(({ path, contents }) => ({
    name: basename(path).replace('style.css', 'page.css'),
    content: contents,
  }));
  const copied = ['index.html', 'icon.svg'].map((name) => ({
    name,
    content: new Uint8Array(readFileSync(join(SOURCES, name))),
  }));
  return [...built, ...copied].sort((a, b) => (a.name < b.name ? -1 : 1));
}
