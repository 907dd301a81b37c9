import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './bundleProgram.ts';
import { type Declaration, type Module, parseDeclarations } from './parseDeclarations.ts';

const LIBRARY = 'packages/cli/src/library/index.d.ts';
const PACKAGES: Readonly<Record<string, string>> = { '@candlelake/core': 'packages/core/src/index.d.ts' };

/**
 * The types of the library as one file without imports: what the library exports, and what that refers to.
 * Throws when two declarations have one name, or when one refers to a package.
 */
export function libraryDeclarations(): string {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-types-'));
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const words = [tsc, '-p', 'tsconfig.package.json', '--outDir', folder];
    execFileSync(process.execPath, words, { cwd: ROOT, stdio: 'inherit' });
    return joinDeclarations((path) => readFileSync(join(folder, path), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A declaration and the path of its file. */
interface Place {
  readonly path: string;
  readonly declaration: Declaration;
}

/** Joins the declarations that the library's file exports with all that they refer to. */
export function joinDeclarations(read: (path: string) => string, library = LIBRARY): string {
  const modules = new Map<string, Module>();
  const moduleAt = (path: string): Module => {
    const known = modules.get(path) ?? parseDeclarations(path, read(path));
    modules.set(path, known);
    return known;
  };

  /** Where a name that a file exports, or imports, is declared; null when it has no such name. */
  const find = (path: string, name: string): Place | null => {
    const { declarations, links, stars } = moduleAt(path);
    const declaration = declarations.get(name);
    if (declaration) return { path, declaration };
    const link = links.get(name);
    if (link) return find(pathOf(path, link.from), link.name);
    for (const star of stars) {
      const found = find(pathOf(path, star), name);
      if (found) return found;
    }
    return null;
  };

  const taken = new Map<string, Place>();
  const take = (place: Place, name: string): void => {
    const other = taken.get(name);
    if (other?.path === place.path) return;
    if (other) throw new Error(`"${name}" is declared in ${other.path} and in ${place.path}: expected one`);
    if (place.declaration.name !== name)
      throw new Error(
        `"${place.declaration.name}" of ${place.path} is also called "${name}": expected one name`,
      );
    taken.set(name, place);
    for (const reference of place.declaration.references) {
      const found = find(place.path, reference);
      if (found) take(found, reference);
    }
  };
  const exported = [...moduleAt(library).links.keys()];
  for (const name of exported) {
    const place = find(library, name);
    if (place === null) throw new Error(`"${name}" of the library is declared nowhere`);
    take(place, name);
  }
  const texts = [...taken].map(
    ([
      name,
      {
        declaration: { doc, text },
      },
    ]) => [...doc, exported.includes(name) ? `export ${text}` : text].join('\n'),
  );
  // Without the last line every declaration of the file would be exported.
  return `${texts.join('\n')}\nexport {};\n`;
}

/** The file that an import names. */
function pathOf(importer: string, name: string): string {
  if (name.startsWith('.')) return join(dirname(importer), name.replace(/\.ts$/, '.d.ts'));
  const path = PACKAGES[name];
  if (path === undefined)
    throw new Error(`${importer} refers to "${name}", expected no package in public types`);
  return path;
}
