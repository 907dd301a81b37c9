/**
 * `NODE_V8_COVERAGE=coverage npm run simulate -- --seeds 0..39`, then `node scripts/lineCoverage.ts coverage`: how many
 * lines of packages/core/src the run has executed, of each folder too.
 */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, sep } from 'node:path';
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

interface FileLines {
  readonly name: string;
  readonly code: number;
  readonly executed: number;
}

const SOURCES = join(import.meta.dirname, '../packages/core/src');

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
const files: readonly FileLines[] = globSync('**/*.ts', { cwd: SOURCES }).map((name) => {
  const path = join(SOURCES, name);
  return { name, ...linesOf(path, byUrl.get(pathToFileURL(path).href) ?? []) };
});
console.log(`packages/core/src: ${shareText(files)}`);
const folders = Map.groupBy(files, ({ name }) => dirname(name).split(sep)[0]!);
for (const [folderName, inside] of [...folders].toSorted())
  if (inside.some(({ code }) => code > 0)) console.log(`  ${folderName}: ${shareText(inside)}`);

/** How many lines of some files were executed. */
function shareText(some: readonly FileLines[]): string {
  const executed = some.reduce((total, file) => total + file.executed, 0);
  const code = some.reduce((total, file) => total + file.code, 0);
  return `${executed} of ${code} lines, ${((executed / code) * 100).toFixed(1)} %`;
}

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
  let code = 0;
  let executed = 0;
  let start = 0;
  for (const line of source.split('\n')) {
    const end = start + line.length;
    if (/^\s*(?!\/\/|\/?\*)\S*\w/.test(line)) {
      code += 1;
      if ([...line].some((letter, at) => letter.trim() !== '' && isExecuted[start + at] === 1)) executed += 1;
    }
    start = end + 1;
  }
  return { code, executed };
}
