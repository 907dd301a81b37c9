import { existsSync, readFileSync } from 'node:fs';
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

describe('README.md', () => {
  const readme = readFileSync('README.md', 'utf8');

  it('gives the two commands that set everything up', () => {
    expect(readme).toContain('npm ci && npm run demo');
    expect(readme).toContain('npm ci && npm test');
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] as string);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links.filter((one) => !one.startsWith('http')))
      expect(existsSync(link), link).toBe(true);
  });
});
