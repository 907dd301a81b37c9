import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SETTING_DEFINITIONS } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const FAULTS = 52;

describe('docs/predecessor.md', () => {
  const rows = [...readFileSync('docs/predecessor.md', 'utf8').matchAll(/^\| (\d+) \| (.+?) \| (.+) \|$/gm)];

  it('has a row for each of the 52 faults, in order', () => {
    expect(rows.map(([, fault]) => Number(fault))).toEqual(
      Array.from({ length: FAULTS }, (_, index) => index + 1),
    );
  });

  it('names files that hold a test with the number of the fault in its title, or says why it cannot apply', () => {
    for (const [, fault, , where = ''] of rows) {
      if (where.startsWith('cannot apply: ')) continue;
      const files = [...where.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
      expect(files.length, `fault ${fault}`).toBeGreaterThan(0);
      for (const file of files) {
        const titles = readFileSync(file, 'utf8').matchAll(/\(predecessor faults? ([\d, and]+)\)/g);
        const numbers = [...titles].flatMap((match) => (match[1] as string).match(/\d+/g) ?? []);
        expect(numbers, file).toContain(fault);
      }
    }
  });
});

describe('docs/faults.md', () => {
  const rows = [...readFileSync('docs/faults.md', 'utf8').matchAll(/^\| (\d+) \| .+ \| (.+) \|$/gm)];

  it('has a row for each of the 25 faults, in order, with tests that are there', () => {
    expect(rows.map(([, fault]) => Number(fault))).toEqual(
      Array.from({ length: 25 }, (_, index) => index + 1),
    );
    for (const [, fault, where = ''] of rows) {
      const files = [...where.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
      expect(files.length, `fault ${fault}`).toBeGreaterThan(0);
      for (const file of files) expect(existsSync(file), `fault ${fault}: ${file}`).toBe(true);
    }
  });
});

describe('README.md', () => {
  const readme = readFileSync('README.md', 'utf8');

  it('gives the two commands that set everything up', () => {
    expect(readme).toContain('npm ci && npm run demo');
    expect(readme).toContain('npm ci && npm test');
  });
});

describe('docs/commands.md', () => {
  const page = readFileSync('docs/commands.md', 'utf8');
  const rows = [...page.matchAll(/^\| (`-.+?) \| (.*?) ?\| .+ \|$/gm)];

  it('lists the flag of each setting with its default', () => {
    const settings = Object.values(SETTING_DEFINITIONS).filter(({ sources }) => sources.includes('flag'));
    expect(settings.length).toBeGreaterThan(30);
    for (const { name, type, fallback } of settings) {
      const isSwitch = type.placeholder === null;
      const flag = isSwitch && fallback === 'true' ? `--no-${name}` : `--${name}`;
      const shown = rows.find(([, flags]) => flags!.split(', ').includes(`\`${flag}\``))?.[2];
      expect(shown, flag).toBe(isSwitch || fallback === null ? '' : `\`${fallback}\``);
    }
  });
});

describe('the pages', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', ...globSync('docs/**/*.md')];

  it.each(pages)('%s links to files that are there, and to headings that they have', (page) => {
    for (const [, target] of readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const [path, anchor] = target!.split('#') as [string, string?];
      const file = path === '' ? page : join(dirname(page), path);
      expect(existsSync(file), `${page}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor);
    }
  });

  it.each(pages)('%s names files and folders that are there', (page) => {
    for (const name of namedPaths(readFileSync(page, 'utf8')))
      expect(isThere(name), `${page}: ${name}`).toBe(true);
  });

  it('the judges of paths know a path when they see one, and a missing file when there is none', () => {
    const text =
      'In `domain/bars/bars.ts`, `wire.ts` or `packages/node`; not `bars/date=…/bars.parquet`, `a/b`.';
    expect(namedPaths(text)).toEqual(['domain/bars/bars.ts', 'wire.ts', 'packages/node']);
    expect(['domain/bars/bars.ts', 'wire.ts', 'packages/node'].every(isThere)).toBe(true);
    expect(['domain/bars/rods.ts', 'wiring.ts', 'packages/deno'].some(isThere)).toBe(false);
  });

  it('decisions are numbered from 0001 without gaps or repeats, in their names and titles', () => {
    const decisions = globSync('docs/decisions/*.md').sort();
    const numbers = decisions.map((page) => /^\d{4}/.exec(basename(page))?.[0]);
    expect(numbers).toEqual(decisions.map((_, index) => String(index + 1).padStart(4, '0')));
    const titles = decisions.map((page) => /^# (\d{4}) /.exec(readFileSync(page, 'utf8'))?.[1]);
    expect(titles).toEqual(numbers);
  });

  it('ARCHITECTURE.md links to every page of docs and to every decision', () => {
    const architecture = readFileSync('ARCHITECTURE.md', 'utf8');
    for (const page of globSync('docs/**/*.md')) expect(architecture, page).toContain(`](${page}`);
  });
});

/** Names of headings as links to them are written. */
function anchorsOf(page: string): readonly string[] {
  const headings = [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

const ROOMS = ['packages', 'infra', 'tests', 'benchmarks', 'scripts', 'docs', 'examples', 'deploy'];

/** What stands in backticks and is a source file, a page, or below a folder of the repository. */
function namedPaths(text: string): readonly string[] {
  const quoted = [...text.matchAll(/`([\w@.-]+(?:\/[\w@.-]+)*\/?)`/g)].map((match) => match[1]!);
  return quoted.filter((name) => /\.(?:ts|mjs|md)$/.test(name) || ROOMS.includes(name.split('/')[0]!));
}

/** Paths are from the root or from the sources of core; a bare name is that of a source file. */
function isThere(name: string): boolean {
  if (existsSync(name) || existsSync(join('packages/core/src', name))) return true;
  return !name.includes('/') && globSync(`{packages,infra,tests}/**/${basename(name)}`).length > 0;
}
