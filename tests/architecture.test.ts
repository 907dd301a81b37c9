import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const CORE = 'packages/core/src';
const PACKAGES = ['core', 'node', 'cli', 'exchange-sim', 'functions', 'aws-local', 'page'];
const AMBIENT =
  /(?<![.\w])(?:Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|setInterval|setImmediate|process\.|fetch\(|crypto\.|new WebSocket|console\.|globalThis)/;

function filesBelow(folder: string): readonly string[] {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}

/** Modules that a file imports or re-exports: repository paths for relative ones, names for packages. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statement = /^(?:import|export|\})[^'\n;]*\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;
  const names = [...text.matchAll(statement)].map((match) => (match[1] ?? match[2] ?? match[3]) as string);
  return names.map((name) =>
    name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name,
  );
}

function breaches(folder: string, allowed: (imported: string) => boolean): readonly string[] {
  return filesBelow(folder).flatMap((file) =>
    importsOf(file)
      .filter((imported) => !allowed(imported))
      .map((imported) => `${file} imports ${imported}`),
  );
}

/**
 * Groups of files that import each other, directly or over others: Tarjan's strongly connected components.
 */
function importCircles(files: readonly string[]): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const path: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    path.push(file);
    for (const imported of importsOf(file).filter((name) => files.includes(name))) {
      if (!index.has(imported)) visit(imported);
      if (path.includes(imported)) low.set(file, Math.min(low.get(file)!, low.get(imported)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = path.splice(path.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return circles;
}

const inside = (...places: string[]) => {
  const paths = places.map((place) => `${CORE}/${place}`);
  return (imported: string) => paths.some((path) => imported === path || imported.startsWith(`${path}/`));
};

/**
 * The rings of core, inner first: each folder may import itself and the folders named here. ARCHITECTURE.md
 * shows the same table.
 */
const RINGS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  settings: ['domain'],
  ports: ['domain', 'settings'],
  waiting: ['domain', 'ports'],
  bingx: ['domain', 'ports', 'waiting'],
  alerts: ['domain', 'ports', 'waiting'],
  lake: ['domain', 'ports', 'settings'],
  memory: ['domain', 'ports', 'settings'],
  derive: ['domain', 'ports', 'settings', 'lake', 'waiting'],
  import: ['domain', 'ports'],
  repair: ['domain', 'ports', 'waiting', 'derive'],
  stream: ['domain', 'ports', 'waiting', 'derive', 'repair'],
  audit: ['domain', 'ports', 'settings', 'lake', 'waiting', 'derive', 'repair'],
  api: ['domain', 'ports', 'settings', 'lake', 'derive', 'repair', 'stream'],
};
/**
 * Files of core beside the folders; each belongs to the ring of that name, and every ring may throw errors.
 */
const ROOT_FILES: Readonly<Record<string, string>> = { 'ports.ts': 'ports' };

describe('the dependency rule', () => {
  it('finds the files that it judges', () => {
    for (const ring of Object.keys(RINGS))
      expect(filesBelow(`${CORE}/${ring}`).length, ring).toBeGreaterThan(0);
    expect(importsOf(`${CORE}/repair/repairScope.ts`)).toContain(`${CORE}/domain/slots/fetchPlan.ts`);
  });

  it('is the table that ARCHITECTURE.md shows', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)\/` \| [^|]+ \| ([\w, ]*)\|$/gm)];
    const shown = rows.map(([, ring, inner]) => [
      ring,
      inner!.split(',').flatMap((name) => name.trim() || []),
    ]);
    expect(shown).toEqual(Object.entries(RINGS));
  });

  it('every folder of core is a ring', () => {
    const folders = readdirSync(join(root, CORE), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(RINGS).sort());
  });

  it('no folder of core holds more than 15 files', () => {
    const folders = Map.groupBy(filesBelow(CORE), (file) => dirname(file));
    expect([...folders].filter(([, files]) => files.length > 15).map(([folder]) => folder)).toEqual([]);
  });

  it.each(Object.entries(RINGS))('%s imports only the rings inside it', (ring, inner) => {
    const files = Object.entries(ROOT_FILES).filter(([, of]) => of === ring || inner.includes(of));
    const own = inside(
      ring,
      ...inner,
      ...files.map(([file]) => file),
      ...(ring === 'domain' ? [] : ['errors.ts']),
    );
    const library = (imported: string) =>
      (ring === 'lake' && (imported === 'apache-arrow' || imported.startsWith('parquet-wasm/'))) ||
      (ring === 'settings' && imported === 'valibot');
    expect(breaches(`${CORE}/${ring}`, (imported) => own(imported) || library(imported))).toEqual([]);
  });

  it('no file of a package imports itself over others', () => {
    const files = PACKAGES.flatMap((name) => filesBelow(`packages/${name}/src`));
    expect(importCircles(files)).toEqual([]);
  });

  it('only the settings of core use the validator', () => {
    const users = filesBelow(CORE).filter((file) => importsOf(file).includes('valibot'));
    expect(users.length).toBeGreaterThan(0);
    for (const file of users) expect(file).toMatch(/src\/settings/);
  });

  it('core depends on Arrow, the Parquet writer and the validator, and on nothing else', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8'));
    expect(Object.keys(dependencies).sort()).toEqual(['apache-arrow', 'parquet-wasm', 'valibot']);
  });

  it('core has no host module, no ambient clock, timer, randomness, network or process', () => {
    for (const file of filesBelow(CORE)) {
      const code = readFileSync(join(root, file), 'utf8')
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\/\/.*$/gm, '')
        .replace(/`[^`]*`|'[^']*'/g, "''");
      expect(
        importsOf(file).filter((imported) => imported.startsWith('node:')),
        file,
      ).toEqual([]);
      expect(AMBIENT.exec(code)?.[0], file).toBeUndefined();
    }
  });

  it('hosts import core by its name and never each other; aws-local may import functions by its name', () => {
    const nameOf = (host: string) =>
      JSON.parse(readFileSync(join(root, 'packages', host, 'package.json'), 'utf8')).name as string;
    const hosts = ['cli', 'exchange-sim', 'functions', 'aws-local'];
    for (const host of hosts) {
      const foreign = hosts.filter((other) => other !== host);
      const forbidden = foreign.filter((other) => host !== 'aws-local' || other !== 'functions').map(nameOf);
      const bad = (imported: string) =>
        imported.startsWith(CORE) ||
        forbidden.some((name) => imported === name || imported.startsWith(`${name}/`)) ||
        foreign.some((other) => imported.startsWith(`packages/${other}/`));
      expect(breaches(`packages/${host}/src`, (imported) => !bad(imported))).toEqual([]);
    }
  });

  it('what every Node host shares imports core and no host', () => {
    const allowed = /^(?:node:|ws$|@candlelake\/core$|packages\/node\/)/;
    expect(breaches('packages/node/src', (imported) => allowed.test(imported))).toEqual([]);
  });

  it('the page is a browser part and a part for its host, and only the CLI serves it', () => {
    const model = /^(?:@candlelake\/core$|packages\/page\/src\/model\/)/;
    expect(breaches('packages/page/src/model', (imported) => model.test(imported))).toEqual([]);
    const browser = /^(?:@candlelake\/core$|lightweight-charts$|packages\/page\/src\/(?:model|browser)\/)/;
    expect(breaches('packages/page/src/browser', (imported) => browser.test(imported))).toEqual([]);
    expect(importsOf('packages/page/src/pageFiles.ts')).toEqual(['node:fs']);
    const page = (imported: string) => /^@candlelake\/page|^packages\/page\//.test(imported);
    for (const host of PACKAGES.filter((name) => name !== 'cli' && name !== 'page'))
      expect(breaches(`packages/${host}/src`, (imported) => !page(imported))).toEqual([]);
  });

  it('only packages/functions and packages/aws-local know AWS', () => {
    const aws = (imported: string) => /^@aws|^@middy|^sst/.test(imported);
    for (const host of ['packages/core', 'packages/node', 'packages/cli', 'packages/exchange-sim'])
      expect(breaches(`${host}/src`, (imported) => !aws(imported))).toEqual([]);
  });
});

describe('the tests', () => {
  it('run on Node 24, whatever Node started npm', () => {
    expect(process.versions.node.split('.')[0]).toBe('24');
  });

  it('have no skipped, focused or empty cases', () => {
    for (const file of filesBelow('tests'))
      expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(
        /\b(?:it|test|describe)\.(?:skip|only|todo)\(/,
      );
  });
});

describe('source files', () => {
  it('stay within 250 lines: a longer one has a second noun inside', () => {
    for (const host of PACKAGES)
      for (const file of filesBelow(`packages/${host}/src`))
        expect(readFileSync(join(root, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(250);
  });

  it('export names, never a default', () => {
    for (const host of PACKAGES)
      for (const file of filesBelow(`packages/${host}/src`))
        expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/^export default/m);
  });

  it('have comments no wider than the code, which the formatter holds to 110 columns', () => {
    const text = ['/** One. */', 'const a = 1; // two', '/*', ' * three', ' */', "const b = 'http://four';"];
    expect(commentLines(text.join('\n')).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    const { lineWidth } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')).formatter;
    const files = ['packages', 'infra'].flatMap(filesBelow).filter((file) => !file.includes('node_modules'));
    const wide = files.flatMap((file) =>
      commentLines(readFileSync(join(root, file), 'utf8'))
        .filter(({ line }) => line.length > lineWidth)
        .map(({ number, line }) => `${file}:${number} has ${line.length} columns`),
    );
    expect(wide).toEqual([]);
  });

  it('have names that say what they hold: none is a drawer for what is left over', () => {
    const drawer = /^(?:util(?:s|ities)?|helpers?|common|misc|handy|stuff)\b/i;
    expect(['utils.ts', 'helpers.ts', 'common.test.ts'].every((name) => drawer.test(name))).toBe(true);
    const files = ['packages', 'infra', 'tests', 'benchmarks', 'scripts'].flatMap(filesBelow);
    const names = files.filter((file) => !file.includes('node_modules')).flatMap((file) => file.split('/'));
    expect(names.filter((name) => drawer.test(name))).toEqual([]);
  });
});

/** Lines that are a comment or end in one, with their numbers from 1. Quoted texts are no comments. */
function commentLines(text: string): readonly { readonly number: number; readonly line: string }[] {
  let inside = false;
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
    const isComment = inside || /^\s*\/\*|\/\//.test(code);
    if (/^\s*\/\*/.test(code)) inside = true;
    if (code.includes('*/')) inside = false;
    return isComment ? [{ number: index + 1, line }] : [];
  });
}
