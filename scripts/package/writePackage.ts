import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_OUTPUT } from '../page/bundlePage.ts';
import { bundleProgram, pageMetafile, ROOT } from './bundleProgram.ts';
import { libraryDeclarations } from './declarations.ts';
import { licenceNotices } from './licences.ts';
import { packageManifest } from './manifest.ts';

/** Where `npm run package:build` writes the package. */
export const PACKAGE_OUTPUT = join(ROOT, 'dist/candlelake');

/** Writes the npm package into a folder, which is emptied first. */
export async function writePackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const dist = join(folder, 'dist');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const program = await bundleProgram(dist);
  const copies = [
    ['packages/cli/bin/packaged.mjs', 'bin/candlelake.mjs'],
    ['packages/cli/bin/compileCache.mjs', 'bin/compileCache.mjs'],
    ['LICENSE', 'LICENSE'],
    ['packages/cli/README.md', 'README.md'],
  ] as const;
  for (const [from, to] of copies) cpSync(join(ROOT, from), join(folder, to));
  // The program reads the page beside its bundle.
  cpSync(PAGE_OUTPUT, dist, { recursive: true });
  writeFileSync(join(dist, 'index.d.ts'), libraryDeclarations());
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licenceNotices([program, await pageMetafile()]));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packageManifest(), null, 2)}\n`);
}
