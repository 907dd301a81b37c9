import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The line width of the code, which the formatter does not enforce in comments (biome.json, `lineWidth`). */
const { lineWidth: WIDTH } = JSON.parse(readFileSync('biome.json', 'utf8')).formatter as {
  lineWidth: number;
};

const SOURCES = ['sst.config.ts', ...globSync('{packages,infra}/**/*.{ts,mjs}', { exclude: isInstalled })];

function isInstalled(path: string): boolean {
  return path.split('/').includes('node_modules');
}

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

describe('comments', () => {
  it('are found in lines of their own, in blocks and behind code, but not in texts', () => {
    const text = ['/** One. */', 'const a = 1; // two', '/*', ' * three', ' */', "const b = 'http://four';"];
    expect(commentLines(text.join('\n')).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  it(`are no wider than the ${WIDTH} columns of the code`, () => {
    expect(SOURCES.length).toBeGreaterThan(100);
    const wide = SOURCES.flatMap((file) =>
      commentLines(readFileSync(file, 'utf8'))
        .filter(({ line }) => line.length > WIDTH)
        .map(({ number, line }) => `${file}:${number} has ${line.length} columns`),
    );
    expect(wide).toEqual([]);
  });
});

describe('names of files', () => {
  it('say what the file holds: none is a drawer for what is left over', () => {
    const files = globSync('{packages,infra,tests,benchmarks,scripts}/**/*', { exclude: isInstalled });
    const drawers = /^(?:util(?:s|ities)?|helpers?|common|misc|handy|stuff)\b/i;
    expect(files.filter((file) => drawers.test(basename(file)))).toEqual([]);
    expect(['utils.ts', 'helpers', 'common.test.ts'].every((name) => drawers.test(name))).toBe(true);
  });
});
