/**
 * `NODE_V8_COVERAGE=coverage npm run simulate -- --seeds 0..39`, then `node scripts/lineCoverage.ts coverage`: how many
 * lines of packages/core/src the run has executed, and the files of which it has executed least.
 */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }[];
  }[];
}

const SOURCES = join(import.meta.dirname, '../packages/core/src');
const SHOWN_FILES = 20;

const { positionals } = parseArgs({ allowPositionals: true });
const [folder] = positionals;
if (folder === undefined) {
  console.error('expected the folder that NODE_V8_COVERAGE named');
  process.exit(2);
}

const runs = readdirSync(folder).flatMap(
  (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).result as ScriptCoverage[],
);
const byUrl = Map.groupBy(runs, ({ url }) => url);
const files = globSync('**/*.ts', { cwd: SOURCES }).map((name) => {
  const path = join(SOURCES, name);
  return { name: relative(SOURCES, path), ...linesOf(path, byUrl.get(pathToFileURL(path).href) ?? []) };
});
const sum = (of: (file: (typeof files)[number]) => number) =>
  files.reduce((total, file) => total + of(file), 0);
const [executed, code] = [sum((file) => file.executed), sum((file) => file.code)];
console.log(`${executed} of ${code} lines of packages/core/src: ${((executed / code) * 100).toFixed(1)} %`);
const most = files.toSorted((one, other) => other.code - other.executed - (one.code - one.executed));
for (const file of most.slice(0, SHOWN_FILES))
  console.log(`  ${file.name}: ${file.executed} of ${file.code}; not ${file.missed.join(', ')}`);

/** Lines with code, without types and comments; a line counts as executed when any part of it is. */
function linesOf(path: string, scripts: readonly ScriptCoverage[]) {
  const source = stripTypeScriptTypes(readFileSync(path, 'utf8'));
  const isExecuted = new Uint8Array(source.length);
  for (const script of scripts) {
    const once = new Uint8Array(source.length);
    // Outer ranges come before those inside them.
    for (const { startOffset, endOffset, count } of script.functions.flatMap(({ ranges }) => ranges))
      once.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    for (const [at, value] of once.entries()) isExecuted[at]! |= value;
  }
  const missed: number[] = [];
  let code = 0;
  let start = 0;
  for (const [index, line] of source.split('\n').entries()) {
    const end = start + line.length;
    if (/^\s*(?!\/\/|\/?\*)\S*\w/.test(line)) {
      code += 1;
      const isSeen = [...line].some((letter, at) => letter.trim() !== '' && isExecuted[start + at] === 1);
      if (!isSeen) missed.push(index + 1);
    }
    start = end + 1;
  }
  return { code, executed: code - missed.length, missed };
}
