import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './bundleProgram.ts';

/** Licences that allow the code to be passed on with its notice. */
const PERMISSIVE = ['MIT', 'Apache-2.0', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC'];

interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Its licence and notice files. */
  readonly texts: readonly string[];
}

/**
 * The notices of all packages whose code is in the bundles, by name. Throws for a package whose licence is
 * not known to be permissive.
 */
export function licenceNotices(bundles: readonly Metafile[]): string {
  const folders = new Set(bundles.flatMap(bundledFiles).flatMap(packageFolder));
  const packages = [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    'candlelake contains code of the packages below, under their own licences.\n',
    ...packages.map(noticeOf),
  ].join('\n');
}

/** The files of which some code is left after the bundler has dropped what is not used. */
function bundledFiles({ outputs }: Metafile): readonly string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return files.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : []));
}

/** The folder of the package that a bundled file is from, relative to the root. */
function packageFolder(path: string): readonly string[] {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
  return found ? [found[0]] : [];
}

function readPackage(folder: string): BundledPackage {
  const place = join(ROOT, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  if (!PERMISSIVE.includes(license))
    throw new Error(`${name}: licence "${license}", expected one of ${PERMISSIVE.join(', ')}`);
  const files = readdirSync(place).filter((file) => /^(?:licen[cs]e|notice|copyrightnotice)/i.test(file));
  return {
    name,
    version,
    license,
    texts: files.sort().map((file) => readFileSync(join(place, file), 'utf8')),
  };
}

function noticeOf({ name, version, license, texts }: BundledPackage): string {
  const text =
    texts.length > 0
      ? texts.map((one) => one.trim()).join('\n\n')
      : 'The package has no file with the text of its licence.';
  return `${'='.repeat(80)}\n${name} ${version}: ${license}\n\n${text}\n`;
}
