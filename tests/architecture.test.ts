import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const CORE = 'packages/core/src';
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

const inside = (...places: string[]) => {
  const paths = places.map((place) => `${CORE}/${place}`);
  return (imported: string) => paths.some((path) => imported === path || imported.startsWith(`${path}/`));
};

describe('the dependency rule (design §9)', () => {
  it('finds the files that it judges', () => {
    for (const part of ['domain', 'bingx', 'lake', 'pipeline', 'settings'])
      expect(filesBelow(`${CORE}/${part}`).length, part).toBeGreaterThan(2);
    expect(importsOf(`${CORE}/pipeline/repair.ts`)).toContain(`${CORE}/domain/plan.ts`);
  });

  it('domain imports nothing but domain', () => {
    expect(breaches(`${CORE}/domain`, inside('domain'))).toEqual([]);
  });

  it('bingx imports domain, ports and errors', () => {
    expect(breaches(`${CORE}/bingx`, inside('bingx', 'domain', 'ports', 'ports.ts', 'errors.ts'))).toEqual(
      [],
    );
  });

  it('lake imports domain, ports, errors, and the two libraries that write Parquet', () => {
    const own = inside('lake', 'domain', 'ports', 'ports.ts', 'errors.ts', 'settings.ts');
    const libraries = (imported: string) =>
      imported === 'apache-arrow' || imported.startsWith('parquet-wasm/');
    expect(breaches(`${CORE}/lake`, (imported) => own(imported) || libraries(imported))).toEqual([]);
  });

  it('pipeline imports domain, lake and ports, never the wire', () => {
    const allowed = inside('pipeline', 'domain', 'lake', 'ports', 'ports.ts', 'errors.ts', 'settings.ts');
    expect(breaches(`${CORE}/pipeline`, allowed)).toEqual([]);
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

  it('hosts import core by its name and never each other', () => {
    const hosts = ['packages/cli', 'packages/exchange-sim', 'packages/functions'].filter((host) =>
      existsSync(join(root, host, 'src')),
    );
    for (const host of hosts) {
      const foreign = hosts.filter((other) => other !== host);
      const names = foreign.map(
        (other) => JSON.parse(readFileSync(join(root, other, 'package.json'), 'utf8')).name,
      );
      const bad = (imported: string) =>
        imported.startsWith(CORE) ||
        names.includes(imported) ||
        foreign.some((other) => imported.startsWith(other));
      expect(breaches(`${host}/src`, (imported) => !bad(imported))).toEqual([]);
    }
  });

  it('what every Node host shares imports core and no host', () => {
    const allowed = /^(?:node:|ws$|@candlelake\/core$|packages\/node\/)/;
    expect(breaches('packages/node/src', (imported) => allowed.test(imported))).toEqual([]);
  });

  it('only packages/functions knows AWS', () => {
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
    for (const host of ['core', 'cli', 'exchange-sim', 'functions'])
      for (const file of filesBelow(`packages/${host}/src`))
        expect(readFileSync(join(root, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(250);
  });

  it('export names, never a default', () => {
    for (const host of ['core', 'cli', 'exchange-sim', 'functions'])
      for (const file of filesBelow(`packages/${host}/src`))
        expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/^export default/m);
  });
});
